import * as z from "zod";
import { signedIn } from "./reader.ts";
import { MAPPED_ROLES } from "./realm-generator.ts";

export interface OriginalOptions {
  readonly url: string;
  readonly realm: string;
  /** People asked for at once; there is no second page. As written: 1000. */
  readonly pageSize: number;
}

const users = z.array(z.object({ id: z.string(), email: z.string().optional() }));
const roles = z.array(z.object({ name: z.string() }));

/**
 * The algorithm this project started from: one token, one page of people, one request for each person's direct roles,
 * one after the other, and a person whose roles cannot be read has none.
 *
 * @returns the mapped roles it believes in, by the id of the person
 */
export async function readAsOriginally({ url, realm, pageSize }: OriginalOptions): Promise<Map<string, string[]>> {
  const client = await signedIn(url, realm);
  const base = `/admin/realms/${realm}`;
  const people = users.parse((await client.get(`${base}/users`, { params: { max: pageSize } })).data);
  const held = new Map<string, string[]>();
  for (const { id } of people) {
    try {
      const answer = await client.get(`${base}/users/${id}/role-mappings/realm`);
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
