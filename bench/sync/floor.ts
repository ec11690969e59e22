import { Agent } from "node:http";
import axios from "axios";
import * as z from "zod";
import { mapLimited } from "#sync/concurrency.ts";
import { READ_CONCURRENCY } from "#sync/keycloak/grants.ts";
import { counted } from "../requests.ts";
import { READER } from "./realm-generator.ts";

const token = z.object({ access_token: z.string() });

/**
 * Seconds that the server takes for the same answers when nobody waits for one to ask for the next, or reads any: no
 * program that asks for them is faster on this machine.
 *
 * @param sent method and path of each request; only those that read are sent again
 */
export async function secondsOfAnswers(url: string, realm: string, sent: readonly string[]): Promise<number> {
  const client = axios.create({ baseURL: url, httpAgent: new Agent({ keepAlive: true }), timeout: 30_000 });
  const grant = await client.post(
    `/realms/${realm}/protocol/openid-connect/token`,
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: READER.clientId,
      client_secret: READER.secret,
    }).toString(),
  );
  const headers = { authorization: `Bearer ${token.parse(grant.data).access_token}` };
  const paths = sent.flatMap((request) => (request.startsWith("GET ") ? [request.slice("GET ".length)] : []));
  const { seconds } = await counted(() =>
    mapLimited(paths, READ_CONCURRENCY, (path) => client.get(path, { headers, responseType: "arraybuffer" })),
  );
  return seconds;
}
