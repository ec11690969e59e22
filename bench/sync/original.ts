import { Agent } from "node:http";
import axios from "axios";
import * as z from "zod";
import { MAPPED_ROLES, READER } from "./realm-generator.ts";

export interface OriginalOptions {
  readonly url: string;
  readonly realm: string;
  /** People asked for at once; there is no second page. As written: 1000. */
  readonly pageSize: number;
}

const users = z.array(z.object({ id: z.string(), email: z.string().optional() }));
const roles = z.array(z.object({ name: z.string() }));
const token = z.object({ access_token: z.string() });

/**
 * The algorithm this project started from: one token, one page of people, one request for each person's direct roles,
 * one after the other, and a person whose roles cannot be read has none.
 *
 * @returns the mapped roles it believes in, by the id of the person
 */
export async function readAsOriginally({ url, realm, pageSize }: OriginalOptions): Promise<Map<string, string[]>> {
  const client = axios.create({ httpAgent: new Agent({ keepAlive: true }), timeout: 30_000 });
  const grant = await client.post(
    `${url}/realms/${realm}/protocol/openid-connect/token`,
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: READER.clientId,
      client_secret: READER.secret,
    }).toString(),
  );
  const headers = { authorization: `Bearer ${token.parse(grant.data).access_token}` };
  const base = `${url}/admin/realms/${realm}`;
  const people = users.parse((await client.get(`${base}/users`, { params: { max: pageSize }, headers })).data);
  const held = new Map<string, string[]>();
  for (const { id } of people) {
    try {
      const answer = await client.get(`${base}/users/${id}/role-mappings/realm`, { headers });
      const names = roles.parse(answer.data).map(({ name }) => name);
      held.set(
        id,
        MAPPED_ROLES.filter((name) => names.includes(name)),
      );
    } catch {
      held.set(id, []);
    }
  }
  return held;
}
