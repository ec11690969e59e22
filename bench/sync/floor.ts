import { mapLimited } from "#sync/concurrency.ts";
import { READ_CONCURRENCY } from "#sync/keycloak/grants.ts";
import { counted } from "../requests.ts";
import { signedIn } from "./reader.ts";

/**
 * Seconds that the server takes for the same answers when nobody waits for one to ask for the next, or reads any: no
 * program that asks for them is faster on this machine.
 *
 * @param sent method and path of each request; only those that read are sent again
 */
export async function secondsOfAnswers(url: string, realm: string, sent: readonly string[]): Promise<number> {
  const client = await signedIn(url, realm);
  const paths = sent.flatMap((request) => (request.startsWith("GET ") ? [request.slice("GET ".length)] : []));
  const { seconds } = await counted(() =>
    mapLimited(paths, READ_CONCURRENCY, (path) => client.get(path, { responseType: "arraybuffer" })),
  );
  return seconds;
}
