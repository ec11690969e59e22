import type { Bed } from "#local/bed/bed.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import type { UserRepresentation } from "#local/keycloak/representations.ts";
import { mapLimited } from "#sync/concurrency.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { generateRealm, READER } from "../../bench/sync/realm-generator.ts";
import { existing } from "./deployed-sync.ts";

/** Name of the realm. */
export const crowd = "crowd";
/** What the program reads it with, in place of the deployed realm and account. */
export const crowdReader = [
  { name: "KEYCLOAK_REALM", value: crowd },
  { name: "KEYCLOAK_CLIENT_ID", value: READER.clientId },
  { name: "KEYCLOAK_CLIENT_SECRET", value: READER.secret },
];

/** A realm with so many people, of whom everybody with an address is a member of the organization. */
export async function stageCrowd(bed: Bed, client: LangfuseClient, size: number): Promise<void> {
  const realm = generateRealm({ realm: crowd, people: size, clientRoleComposites: false });
  const engineering = { name: "engineering", subGroups: [{ name: "ml" }] };
  await createRealm(bed.admin, {
    ...realm,
    groups: [...(realm.groups ?? []), engineering],
    roles: { ...realm.roles, realm: [...(realm.roles?.realm ?? []), ...existing.map((name) => ({ name }))] },
  });
  await mapLimited(realm.users ?? [], 8, async (user) => {
    if (user.email) await client.createScimUser({ userName: user.email.toLowerCase(), role: usualRole(user) });
  });
}

/** What holds each role in the generated realm, besides the role itself. */
const HOLDERS = {
  ADMIN: ["langfuse-admin", "platform-engineer", "/platform/core"],
  MEMBER: ["langfuse-member", "director", "/data-science/ml/vision", "/leads/europe"],
  VIEWER: ["langfuse-viewer", "analyst", "/analysts/finance", "/operations/on call"],
} as const;

/** The role that nearly everybody has after a run, as on an ordinary day: each change costs a request of its own. */
function usualRole({ enabled, realmRoles = [], groups = [] }: UserRepresentation): Role {
  const held = new Set(enabled === false ? [] : [...realmRoles, ...groups]);
  const found = Object.entries(HOLDERS).find(([, names]) => names.some((name) => held.has(name)));
  return (found?.[0] as Role | undefined) ?? "NONE";
}

/** Writes the most memory that the process ever had in RAM, when it ends. */
export const PEAK = `data:text/javascript,${encodeURIComponent(
  `import{readFileSync as read}from"node:fs";process.on("exit",()=>console.error("peak memory: "+/VmHWM:\\s+(.+)/.exec(read("/proc/self/status","utf8"))[1]))`,
)}`;
