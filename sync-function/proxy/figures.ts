import type { Family } from "../metrics/catalog.ts";
import { MetricsRegistry } from "../metrics/registry.ts";
import { LOGIN_OUTCOMES, type LoginOutcome } from "./login.ts";

/** Every metric of the proxy. */
export const PROXY_METRICS = {
  langfuse_proxy_requests_total: {
    type: "counter",
    help: "Requests by the status that was sent; 499 where the browser had gone, 502, 504 and 508 where the proxy itself answered.",
    labels: ["status"],
  },
  langfuse_proxy_logins_total: {
    type: "counter",
    help: "Logins by what became of the role: in-sync and applied are certain, all others were left to the next run.",
    labels: ["outcome"],
  },
  langfuse_proxy_login_seconds_total: {
    type: "counter",
    help: "Time that logins took longer, all together.",
    labels: [],
  },
  langfuse_proxy_start_timestamp_seconds: {
    type: "gauge",
    help: "Start of the process, in seconds since 1970.",
    labels: [],
  },
} as const satisfies Record<string, Family>;

/** The figures of one proxy, since it has begun. */
export interface ProxyFigures {
  countRequest(status: number): void;
  countLogin(outcome: LoginOutcome, milliseconds: number): void;
  /** In the text format of Prometheus. */
  text(): string;
}

/** What the proxy answers itself where Langfuse cannot be asked. */
const OWN_STATUSES = ["502", "504", "508"];

export function createProxyFigures(startedAt: Date): ProxyFigures {
  const registry = new MetricsRegistry<keyof typeof PROXY_METRICS>({}, PROXY_METRICS);
  // There from the beginning, so that the first of them is an increase.
  for (const outcome of LOGIN_OUTCOMES) registry.increase("langfuse_proxy_logins_total", { outcome }, 0);
  for (const status of OWN_STATUSES) registry.increase("langfuse_proxy_requests_total", { status }, 0);
  registry.increase("langfuse_proxy_login_seconds_total", {}, 0);
  registry.set("langfuse_proxy_start_timestamp_seconds", startedAt.getTime() / 1000);
  return {
    countRequest: (status) => registry.increase("langfuse_proxy_requests_total", { status: String(status) }),
    countLogin: (outcome, milliseconds) => {
      registry.increase("langfuse_proxy_logins_total", { outcome });
      registry.increase("langfuse_proxy_login_seconds_total", {}, milliseconds / 1000);
    },
    text: () => registry.text(),
  };
}
