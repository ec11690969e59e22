import { type Environment, type ReadFile, VariableReader } from "../configuration/environment.ts";
import { suggestion } from "../nearest.ts";
import { LOGIN_MODES, type LoginMode } from "./login.ts";
import type { PROXY_VARIABLES } from "./variables.ts";

export interface ProxyConfiguration {
  /** Address of Langfuse. */
  readonly upstream: string;
  readonly port: number;
  /** Port for what the cluster asks; every path of the other belongs to Langfuse. */
  readonly operationsPort: number;
  /** Milliseconds that a login may take longer. */
  readonly budget: number;
  readonly mode: LoginMode;
  /** Longest silence of Langfuse in milliseconds. */
  readonly timeout: number;
}

/** @throws AccessError `usage` with all problems at once */
export function readProxyConfiguration(environment: Environment, readFile?: ReadFile): ProxyConfiguration {
  const reader = new VariableReader(environment, readFile);
  const number = (name: keyof typeof PROXY_VARIABLES, fallback: number, least: number, most: number): number => {
    const text = reader.optional(name) ?? String(fallback);
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    reader.reject(`${name} is "${text}"; write a whole number from ${least} to ${most}`);
    return fallback;
  };
  const mode = reader.optional("PROXY_MODE") ?? "pass";
  const known = LOGIN_MODES.find((one) => one === mode);
  if (known === undefined) {
    reader.reject(`PROXY_MODE is "${mode}"${suggestion(mode, LOGIN_MODES)}; use ${LOGIN_MODES.join(" or ")}`);
  }
  const configuration = {
    upstream: reader.address(["PROXY_UPSTREAM", "LANGFUSE_URL"], "the address of Langfuse"),
    port: number("PROXY_PORT", 8080, 0, 65_535),
    operationsPort: number("PROXY_OPERATIONS_PORT", 9090, 0, 65_535),
    budget: number("PROXY_BUDGET", 2_000, 100, 60_000),
    mode: known ?? "pass",
    timeout: number("PROXY_TIMEOUT", 120_000, 1_000, 3_600_000),
  };
  if (configuration.port === configuration.operationsPort && configuration.port !== 0) {
    reader.reject(`PROXY_PORT and PROXY_OPERATIONS_PORT are both ${configuration.port}; use two ports`);
  }
  reader.finish();
  return configuration;
}
