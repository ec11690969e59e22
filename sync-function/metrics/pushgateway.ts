import { messageOf } from "../errors.ts";
import { pathSegment } from "../http/path.ts";

export interface PushOptions {
  /** Address of the Pushgateway without `/metrics`. */
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
  const address = `${url.replace(/\/+$/, "")}/metrics/job/${JOB}/instance/${pathSegment(instance)}`;
  try {
    const answer = await fetch(address, {
      method: "PUT",
      body: text,
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
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
