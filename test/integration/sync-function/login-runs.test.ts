import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { loginRuns } from "#sync/commands/login-runs.ts";
import { createLog } from "#sync/log.ts";
import { shardOf } from "#sync/plan/shard.ts";
import { environmentFor } from "./command-line.ts";
import { at, boss, many, records, roles } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { startRealm } from "./realm-server.ts";

it("a login makes roles right in the organizations of its own Langfuse, whichever Job looks after them", async () => {
  const [person] = many("langfuse-admin");
  const email = person?.email ?? "";
  await using keycloak = await startRealm({ people: [boss, ...(person ? [person] : [])], roles });
  const members = { "boss@example.com": "OWNER", [email]: "VIEWER" };
  await using first = await startOrganization(members);
  await using second = await startOrganization(members);
  await using elsewhere = await startOrganization(members);
  /** One of the first Job, one of the second, and one of another Langfuse. */
  const ids = [0, 1, 1].map(
    (shard, index) =>
      Array.from({ length: 20 }, (_, n) => `org-${index}-${n}`).find((id) => shardOf(id, 2) === shard) ?? "",
  );
  const organizations = [first, second, elsewhere].map(({ url }, index) => ({
    id: ids[index],
    langfuseUrl: url,
    publicKeyVariable: "LANGFUSE_PUBLIC_KEY",
    secretKeyVariable: "LANGFUSE_SECRET_KEY",
    rules: [{ from: { realmRole: "langfuse-admin" }, organization: "ADMIN" }],
  }));
  await writeFile(at("login.json"), JSON.stringify({ organizations }));
  const { LANGFUSE_ORG_ID: _id, ROLE_MAPPING: _mapping, ...common } = environmentFor(keycloak, first);
  const stop = new AbortController().signal;
  const environment = {
    ...common,
    ...records(),
    SYNC_CONFIG: at("login.json"),
    LOCK_FILE: at("login.lock"),
    SHARDS: "2",
  };
  // The proxy reaches Langfuse at another address than the sync does.
  const runs = loginRuns({ environment, print: () => {}, stop }, second.url, createLog("silent"));
  const login = (role: string) => {
    const sighting = { userId: `user-${email}`, email, roles: new Map(ids.map((id) => [id, role])) };
    return runs.run({ ids: new Set(), emails: new Set([email]) }, { stop, sighting });
  };
  expect(await login("VIEWER")).toMatchObject({ outcome: "applied", changes: [{ to: "ADMIN" }, { to: "ADMIN" }] });
  expect([first.roles()[email], second.roles()[email]]).toEqual(["ADMIN", "ADMIN"]);
  const asked = [first, second].map(({ received }) => received.length);
  expect(await login("ADMIN")).toEqual({ outcome: "in-sync", changes: [] });
  // The session has shown it all.
  expect([first, second].map(({ received }) => received.length)).toEqual(asked);
  expect(elsewhere.received).toEqual([]);
});
