import * as z from "zod";
import { AccessError } from "../errors.ts";
import { pathSegment } from "../http/path.ts";
import type { AdminApi } from "./admin-api.ts";
import type { Person } from "./login.ts";

const usersAnswer = z.array(z.object({ id: z.string(), email: z.string().optional(), enabled: z.boolean() }));
const rolesAnswer = z.array(z.object({ name: z.string() }));
const credentialsAnswer = z.array(z.object({ type: z.string() }));

/** @throws AccessError `usage` when no person, or more than one, has the address */
export async function readPerson(api: AdminApi, realm: string, email: string): Promise<Person> {
  const base = `/${pathSegment(realm)}/users`;
  const found = await api.send({ method: "GET", path: base, query: { email, exact: true } }, usersAnswer);
  const [user] = found;
  if (!user || found.length > 1) {
    throw new AccessError(
      "usage",
      `${found.length} people of realm "${realm}" have the address "${email}"; name another`,
    );
  }
  const path = `${base}/${pathSegment(user.id)}`;
  const roles = await api.send({ method: "GET", path: `${path}/role-mappings/realm/composite` }, rolesAnswer);
  const credentials = await api.send({ method: "GET", path: `${path}/credentials` }, credentialsAnswer);
  return {
    enabled: user.enabled,
    roles: roles.map(({ name }) => name),
    otp: credentials.some(({ type }) => type === "otp"),
  };
}
