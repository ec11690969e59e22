/** Variables of `serve proxy`, beside those of every command, with their defaults. */
export const PROXY_VARIABLES = {
  PROXY_UPSTREAM: "the address of Langfuse that requests are passed on to; default LANGFUSE_URL",
  PROXY_PORT: "the port for everything that is passed on; default 8080",
  PROXY_OPERATIONS_PORT: "the port for /healthz, /readyz and /metrics; default 9090",
  PROXY_BUDGET: "milliseconds that a login may take longer; default 2000",
  PROXY_MODE:
    "what happens when the role cannot be made sure in that time: pass lets the person in with the former role, refuse asks them to sign in again; default pass",
  PROXY_TIMEOUT: "milliseconds of silence after which an answer of Langfuse is given up; default 120000",
} as const;
