/**
 * How often one call is tried in all. Five tries with the pauses below span about three seconds, which covers a lost
 * transaction, a rolling restart behind a proxy and a short rate limit; what lasts longer is for the next run.
 */
export const DEFAULT_ATTEMPTS = 5;

/** First pause in milliseconds; each further one is twice as long. */
const FIRST_PAUSE = 100;
/** Longest pause of our own choice in milliseconds; a server's `Retry-After` may be longer. */
const LONGEST_PAUSE = 10_000;

/**
 * What repeating a call can do.
 *
 * - `read`: nothing, it changes nothing.
 * - `idempotent`: nothing, the second time finds what the first time left. A 409 is then a lost race, not a verdict.
 * - `create`: it may create a second thing, so it is repeated only when the server cannot have acted on it.
 */
export type Repetition = "read" | "idempotent" | "create";

export interface Failure {
  /** Status of the answer; undefined when there was none, or when it broke off. */
  readonly status: number | undefined;
  /** System or axios error code, such as `ECONNREFUSED`. */
  readonly code: string | undefined;
}

/** Failures in which no byte of the request reached the server. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const FINAL_CODES = new Set(["ERR_CANCELED", "ERR_INVALID_URL", "ERR_BAD_OPTION", "ERR_BAD_OPTION_VALUE"]);
/** A wrong certificate stays wrong. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ALTNAME/;

export function isWorthRepeating(failure: Failure, repetition: Repetition): boolean {
  const { status, code } = failure;
  if (status === undefined) {
    if (code !== undefined && (FINAL_CODES.has(code) || CERTIFICATE.test(code))) return false;
    return repetition !== "create" || (code !== undefined && NEVER_SENT.has(code));
  }
  if (status === 429 || status === 503) return true;
  if (repetition === "create") return false;
  if (status === 409) return repetition === "idempotent";
  return status === 500 || status === 502 || status === 504;
}

/**
 * Milliseconds to wait before try number `attempt` + 1.
 *
 * @param attempt how many tries have failed, from 1
 * @param retryAfter what the server asked for in milliseconds; kept as a lower bound
 * @param random between 0 and 1; spreads clients that failed together over the second half of the pause
 */
export function pauseAfter(attempt: number, retryAfter: number | undefined, random: number): number {
  const pause = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
  return Math.max(pause * (0.5 + random / 2), retryAfter ?? 0);
}

/** Milliseconds that a `Retry-After` header (seconds or a date, RFC 9110 §10.2.3) asks to wait, if it can be read. */
export function retryAfterOf(header: unknown, now: number): number | undefined {
  if (typeof header !== "string" || header.trim() === "") return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
