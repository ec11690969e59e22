import { messageOf } from "../errors.ts";

/** An answer as it came: the clients hide statuses and headers, and here these are what matters. */
export interface ProbeAnswer {
  readonly status: number;
  /** What the server's clock says, with a resolution of one second; undefined where it does not tell. */
  readonly date: Date | undefined;
  /** Parsed JSON; undefined when it is none. */
  readonly body: unknown;
  /** Cookies as a browser would send them back. */
  readonly cookies: string;
}

export interface ProbeRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** Undefined when there was no answer. */
export type Probe = (url: string, request?: ProbeRequest) => Promise<ProbeAnswer | undefined>;

/** Milliseconds one answer may take. */
const TIMEOUT = 10_000;

/** @param onFailure told why there was no answer */
export function createProbe(stop: AbortSignal, onFailure: (url: string, message: string) => void = () => {}): Probe {
  return async (url, { method = "GET", headers = {}, form } = {}) => {
    try {
      const answer = await fetch(url, {
        method,
        headers: { accept: "application/json", ...headers },
        body: form === undefined ? null : new URLSearchParams(form),
        redirect: "manual",
        signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT)]),
      });
      const text = await answer.text();
      const date = new Date(answer.headers.get("date") ?? Number.NaN);
      return {
        status: answer.status,
        date: Number.isNaN(date.getTime()) ? undefined : date,
        body: parse(text),
        cookies: answer.headers
          .getSetCookie()
          .map((cookie) => cookie.split(";")[0])
          .join("; "),
      };
    } catch (error) {
      onFailure(url, messageOf(error));
      return undefined;
    }
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
