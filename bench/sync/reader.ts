import { Agent } from "node:http";
import axios, { type AxiosInstance } from "axios";
import * as z from "zod";
import { READER } from "./realm-generator.ts";

const token = z.object({ access_token: z.string() });

/** A plain client, signed in as the service account that reads a generated realm; the token outlives every measurement. */
export async function signedIn(url: string, realm: string): Promise<AxiosInstance> {
  const client = axios.create({ baseURL: url, httpAgent: new Agent({ keepAlive: true }), timeout: 30_000 });
  const grant = await client.post(
    `/realms/${realm}/protocol/openid-connect/token`,
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: READER.clientId,
      client_secret: READER.secret,
    }).toString(),
  );
  client.defaults.headers.common.authorization = `Bearer ${token.parse(grant.data).access_token}`;
  return client;
}
