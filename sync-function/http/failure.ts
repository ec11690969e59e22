import { AxiosError, isCancel } from "axios";
import { AccessError, type ErrorKind } from "../errors.ts";
import { serverMessage } from "./server-message.ts";

/** A call as it may be named to a person. */
export interface CallName {
  /** Which server, for example `Langfuse`. */
  readonly service: string;
  readonly method: string;
  /** Without query, user name and fragment: those may hold what is not for logs. */
  readonly url: string;
}

/** What to do about an answer, where the service knows better than the status alone tells. */
export type Remedy = (status: number, message: string) => string | undefined;

/**
 * Turns whatever a call threw into an error for a person. The original is dropped on purpose: an axios error carries the
 * request's headers and body, and would take the credentials into the log through its cause.
 */
export function failureOf(error: unknown, call: CallName, limits: { deadline: number }, remedy?: Remedy): AccessError {
  const name = `${call.service}: ${call.method} ${call.url}`;
  if (isCancel(error)) {
    return new AccessError(
      "unreachable",
      `${name} was given up: its deadline of ${limits.deadline / 1000} s or that of the run had passed; ` +
        "check that the server and what it depends on (database, cache) are healthy",
    );
  }
  if (!(error instanceof AxiosError)) throw error;
  const status = answeredStatus(error);
  if (status === undefined) {
    if (error.response !== undefined) {
      return new AccessError("incomplete", `${name}: the answer broke off; check the network and proxies in between`);
    }
    const code = error.code ?? "unknown";
    return new AccessError(
      "unreachable",
      `${name} got no answer (${code}): ${error.message}; check the address, and that the server runs and can be reached`,
    );
  }
  const said = serverMessage(textOf(error.response?.data));
  const advice = remedy?.(status, said) ?? advise(status, error.response?.headers.location);
  return new AccessError(kindOf(status), `${name} answered ${status}${said && `: ${said}`}; ${advice}`, { status });
}

/** Status of a refusal; undefined when there was no answer, or a success whose body broke off. */
export function answeredStatus(error: AxiosError): number | undefined {
  const status = error.response?.status;
  return status !== undefined && status >= 300 ? status : undefined;
}

function kindOf(status: number): ErrorKind {
  return status === 401 || status === 403 ? "unauthorised" : "unreachable";
}

function textOf(data: unknown): string {
  return typeof data === "string" ? data : "";
}

function advise(status: number, location: unknown): string {
  if (status >= 300 && status < 400) {
    const target = typeof location === "string" ? ` (it points to ${location.split("?")[0]})` : "";
    return `use the address that is not redirected${target}`;
  }
  if (status === 401) return "check the credentials";
  if (status === 403) return "check what these credentials are allowed to do";
  if (status === 404) return "check the address and the id in it";
  if (status === 409) return "read the current state again and repeat";
  if (status === 429) return "wait, or ask for a higher rate limit";
  if (status >= 500) return "look into the server's log, and repeat when it is healthy";
  return "check what was sent";
}
