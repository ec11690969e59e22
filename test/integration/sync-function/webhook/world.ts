import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { environmentFor } from "../command-line.ts";
import { startOrganization } from "../organization-server.ts";
import { startProgram } from "../program.ts";
import { type Person, startRealm } from "../realm-server.ts";
import { SECRET, startReceiver } from "./receiver.ts";

export const ROLES = { "langfuse-admin": [], "langfuse-member": [] };
/** An event that tells of a role that somebody was given. */
export const about = (id: string, more = {}) => ({
  uid: randomUUID(),
  realmName: "company",
  time: Date.now(),
  type: "admin.REALM_ROLE_MAPPING-CREATE",
  resourcePath: `users/${id}/role-mappings/realm`,
  representation: '[{"name":"langfuse-owner"}]',
  ...more,
});

/** A realm whose people can be changed, an organization that has all of them, and a receiver between. */
export async function startWorld(
  names: readonly string[],
  more: {
    broken?: () => "keycloak" | "langfuse" | undefined;
    /** Called when the effective roles of somebody are read, after they were. */
    onRoles?: (name: string) => void;
    waitUntilReady?: boolean;
  } = {},
) {
  const people: Person[] = names.map((name) => ({ id: name, email: `${name}@example.com` }));
  const members = Object.fromEntries(people.map(({ email }) => [email, "VIEWER"]));
  const faultOf = (side: "keycloak" | "langfuse") => () =>
    more.broken?.() === side ? { status: 400, text: "broken" } : undefined;
  const keycloak = await startRealm(
    { people, roles: ROLES },
    {
      fault: (read, { url }) => {
        const name = url.pathname.split("/")[5];
        // The answer is made at once, from what there is now.
        if (read === "effective roles" && name !== undefined) setImmediate(() => more.onRoles?.(name));
        return faultOf("keycloak")();
      },
    },
  );
  const langfuse = await startOrganization({ "owner@example.com": "OWNER", ...members }, faultOf("langfuse"));
  const environment = environmentFor(keycloak, langfuse);
  const receiver = await startReceiver(environment, more);
  /** Gives somebody a role in Keycloak. */
  const give = (name: string, role = "langfuse-admin") => {
    people.splice(
      people.findIndex(({ id }) => id === name),
      1,
      { id: name, email: `${name}@example.com`, roles: [role] },
    );
  };
  const roleOf = (name: string) => langfuse.roles()[`${name}@example.com`];
  return {
    ...{ keycloak, langfuse, environment, receiver, give, roleOf },
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await keycloak[Symbol.asyncDispose]();
      await langfuse[Symbol.asyncDispose]();
    },
  };
}

/** `serve webhook` in a process of its own. */
export async function startServing(environment: Readonly<Record<string, string>>) {
  const webhook = { WEBHOOK_SECRET: SECRET, WEBHOOK_PORT: "0" };
  const { child, ended } = startProgram(["serve", "webhook", "--json"], { ...environment, ...webhook });
  if (child.stdout === null) throw new Error("it has an output");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  return { child, ended, port };
}
