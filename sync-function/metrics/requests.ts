import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";

const FINISHED = "http.client.response.finish";
const FAILED = "http.client.request.error";

/**
 * Counts the requests of this process by server, as Node itself reports them: also those that are repeated, and whatever
 * part of the program sends them.
 *
 * @param targets name of each server by its address
 * @param count called for every answer; the status is 0 where there was none
 * @returns a function that ends the counting
 */
export function countRequests(
  targets: Readonly<Record<string, string>>,
  count: (target: string, status: number) => void,
): () => void {
  const names = new Map(Object.entries(targets).map(([url, name]) => [new URL(url).host, name]));
  const nameOf = ({ request }: { readonly request: ClientRequest }) => names.get(String(request.getHeader("host")));
  const onFinish = (message: unknown) => {
    const finished = message as { readonly request: ClientRequest; readonly response: IncomingMessage };
    const name = nameOf(finished);
    if (name !== undefined) count(name, finished.response.statusCode ?? 0);
  };
  const onError = (message: unknown) => {
    const name = nameOf(message as { readonly request: ClientRequest });
    if (name !== undefined) count(name, 0);
  };
  subscribe(FINISHED, onFinish);
  subscribe(FAILED, onError);
  return () => {
    unsubscribe(FINISHED, onFinish);
    unsubscribe(FAILED, onError);
  };
}
