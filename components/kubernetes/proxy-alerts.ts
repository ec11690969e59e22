import type { LoginMode } from "#sync/proxy/login.ts";
import type { Alert } from "./alert.ts";

/** Logins that came through, or did not, without the role made sure. */
export const UNSURE_LOGINS = 'langfuse_proxy_logins_total{outcome!~"in-sync|applied"}';

/** Requests that Langfuse has not answered, or that came back to the proxy. */
export const NOT_PASSED_ON = 'langfuse_proxy_requests_total{status=~"502|504|508"}';

/**
 * Alerts on the figures of the login-time proxy, through which people reach Langfuse.
 *
 * @param namespace that its pods are in, which a scrape adds to their figures
 * @param mode what becomes of a login whose role is not made sure: refused, it keeps people out
 */
export function proxyAlerts(namespace: string, mode: LoginMode): readonly Alert[] {
  const sum = (call: "rate" | "increase", series: string, time: string) =>
    `sum by (namespace) (${call}(${series}[${time}]))`;
  // One in twenty, but more than three: a single login that comes when a server restarts is no pattern.
  const often = (outcomes: string) =>
    `${sum("increase", `langfuse_proxy_logins_total{outcome=~"${outcomes}"}`, "15m")} > clamp_min(0.05 * ${sum("increase", "langfuse_proxy_logins_total", "15m")}, 3)`;
  const severity = mode === "refuse" ? "critical" : "warning";
  const effect = mode === "refuse" ? "people cannot sign in" : "people sign in with the role that they had";
  return [
    {
      alert: "LangfuseProxyDown",
      expr: `absent(langfuse_proxy_logins_total{namespace="${namespace}"})`,
      for: "5m",
      severity: "critical",
      summary: "No login-time proxy answers, so that nobody reaches Langfuse, or Prometheus does not reach it.",
    },
    {
      alert: "LangfuseProxyUpstreamDown",
      expr: `${sum("rate", NOT_PASSED_ON, "5m")} > 0.1 * ${sum("rate", "langfuse_proxy_requests_total", "5m")}`,
      for: "5m",
      severity: "critical",
      summary: "The login-time proxy does not reach Langfuse with more than one request in ten.",
    },
    {
      alert: "LangfuseProxyLoginsUnread",
      expr: often("failed|late"),
      severity,
      summary: `Keycloak or Langfuse does not answer the login-time proxy in time, so that ${effect}.`,
    },
    {
      alert: "LangfuseProxyLoginsRefused",
      expr: often("refused|busy"),
      severity,
      summary: `A guard or another run keeps the login-time proxy from changing roles, so that ${effect}.`,
    },
    {
      alert: "LangfuseProxyRestarting",
      expr: "max by (namespace) (changes(langfuse_proxy_start_timestamp_seconds[6h])) > 1",
      severity: "warning",
      summary: "The login-time proxy is started again and again, and breaks off requests each time.",
    },
  ];
}
