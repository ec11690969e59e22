import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Fault } from "#local/fault-proxy/rule.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import type { RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { type BorrowedKeycloak, borrowKeycloak } from "#test/keycloak.ts";
import { runCommand } from "./command-line.ts";
import { CLIENT, realmPerson, serviceAccount, syncClient } from "./imported-realm.ts";
import { LANGFUSE_CREDENTIALS, type OrganizationServer, startOrganization } from "./organization-server.ts";

const REALM = `positions-${randomUUID().slice(0, 8)}`;
const MAPPING = { "langfuse-admin": "ADMIN", "langfuse-member": "MEMBER", default: "NONE" };

const person = (name: string, more: Partial<UserRepresentation> = {}) =>
  realmPerson(REALM, name, `${name}@example.com`, more);

const realm: RealmRepresentation = {
  realm: REALM,
  enabled: true,
  roles: { realm: [{ name: "langfuse-admin" }, { name: "langfuse-member" }, { name: "lead" }] },
  groups: [{ name: "engineering", subGroups: [{ name: "ml" }] }],
  clients: [syncClient()],
  users: [
    person("direct"),
    person("nested", { groups: ["/engineering/ml"] }),
    person("composite"),
    person("none"),
    person("disabled", { enabled: false }),
    serviceAccount(REALM, ["view-users", "view-realm"]),
  ],
};

/** Everybody has what they should have, or would lose it if their roles were not seen. */
const MEMBERS = {
  "owner@example.com": "OWNER",
  "direct@example.com": "ADMIN",
  "nested@example.com": "MEMBER",
  "composite@example.com": "VIEWER",
  "none@example.com": "VIEWER",
  "disabled@example.com": "MEMBER",
};

let keycloak: BorrowedKeycloak;
let admin: KeycloakAdmin;

beforeAll(async () => {
  keycloak = await borrowKeycloak();
  admin = keycloak.admin;
  await createRealm(admin, realm);
  await assignRoles(admin, REALM, {
    users: { direct: ["langfuse-admin"], composite: ["lead"] },
    groups: { "/engineering": ["langfuse-member"] },
    composites: { lead: ["langfuse-member"] },
  });
}, 600_000);

afterAll(() => keycloak?.stop(), 60_000);

function apply({ url }: Pick<FaultProxy, "url">, langfuse: OrganizationServer) {
  return runCommand(["apply"], {
    KEYCLOAK_URL: url,
    KEYCLOAK_REALM: REALM,
    KEYCLOAK_CLIENT_ID: CLIENT.clientId,
    KEYCLOAK_CLIENT_SECRET: CLIENT.secret,
    LANGFUSE_URL: langfuse.url,
    LANGFUSE_ORG_ID: "organization-1",
    LANGFUSE_PUBLIC_KEY: LANGFUSE_CREDENTIALS.publicKey,
    LANGFUSE_SECRET_KEY: LANGFUSE_CREDENTIALS.secretKey,
    ROLE_MAPPING: JSON.stringify(MAPPING),
    LOG_LEVEL: "silent",
  });
}

/** Requests of a clean run, in which those who differ get what they should have. */
let positions: number;

beforeAll(async () => {
  await using servers = new AsyncDisposableStack();
  const proxy = await startFaultProxy({ target: keycloak.url });
  servers.defer(() => proxy.stop());
  const langfuse = servers.use(await startOrganization(MEMBERS));
  const { exitCode, complaints } = await apply(proxy, langfuse);
  expect(exitCode, complaints).toBe(0);
  expect(langfuse.roles()).toEqual({
    ...MEMBERS,
    "composite@example.com": "MEMBER",
    "none@example.com": "NONE",
    "disabled@example.com": "NONE",
  });
  positions = proxy.requests.length;
  expect(positions).toBeGreaterThan(8);
});

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["is refused", { kind: "answer", status: 403, body: '{"error":"HTTP 403 Forbidden"}' }],
  ["is answered with a failure", { kind: "answer", status: 500, body: '{"error":"unknown_error"}' }],
  ["is garbage", { kind: "garbage" }],
  ["is truncated", { kind: "truncate" }],
  ["is cut off after it was asked", { kind: "cut", when: "after" }],
];

it.each(FAULTS)(
  "when a read of a real Keycloak %s, and all later ones, at every position: exit 5, no write",
  async (_title, fault) => {
    await Promise.all(
      Array.from({ length: positions }, async (_, position) => {
        await using servers = new AsyncDisposableStack();
        const proxy = await startFaultProxy({ target: keycloak.url });
        servers.defer(() => proxy.stop());
        const langfuse = servers.use(await startOrganization(MEMBERS));
        proxy.inject({ fault, position, count: Number.POSITIVE_INFINITY });
        const { exitCode, complaints } = await apply(proxy, langfuse);
        expect([position, exitCode, langfuse.writes()], complaints).toEqual([position, 5, []]);
      }),
    );
  },
);
