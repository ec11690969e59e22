import { messageOf } from "../errors.ts";
import { pathSegment } from "../http/path.ts";

export interface PushOptions {
  /** Address of the Pushgateway without `/metrics`; a user name and password in it are sent as Basic authentication. */
  readonly url: string;
  /** Tells several installations and shards apart; each replaces only its own figures. */
  readonly instance: string;
  /** Milliseconds. Default 5000. */
  readonly timeout?: number;
}

const JOB = "langfuse_sync";

/**
 * Replaces the figures of this job and instance. A gateway that is down must not make a run fail.
 *
 * @returns what went wrong, if anything
 */
export async function pushMetrics(
  text: string,
  { url, instance, timeout = 5000 }: PushOptions,
): Promise<string | undefined> {
  const { address, credentials } = splitAddress(url);
  try {
    const answer = await fetch(`${address}/metrics/job/${JOB}/instance/${pathSegment(instance)}`, {
      method: "PUT",
      body: text,
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", ...credentials },
      signal: AbortSignal.timeout(timeout),
      redirect: "error",
    });
    const said = await answer.text();
    if (answer.ok) return undefined;
    return `the Pushgateway answered ${answer.status}${said && `: ${said.slice(0, 200)}`}; check PUSHGATEWAY_URL`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
    return `the Pushgateway could not be reached (${messageOf(error)}${cause}); check PUSHGATEWAY_URL`;
  }
}

/** A request may not have credentials in its address, and messages must not. */
function splitAddress(url: string): { address: string; credentials: { authorization?: string } } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = "";
  parsed.password = "";
  const address = parsed.href.replace(/\/+$/, "");
  if (username === "" && password === "") return { address, credentials: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, credentials: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}
