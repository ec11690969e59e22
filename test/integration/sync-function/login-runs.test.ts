import { writeFile } from "node:fs/promises";
import { afterEach, expect, it, vi } from "vitest";
import { loginRuns } from "#sync/commands/login-runs.ts";
import { personRunsOf } from "#sync/commands/person-runs.ts";
import { webhookRuns } from "#sync/commands/webhook-runs.ts";
import { createLog } from "#sync/log.ts";
import { shardOf } from "#sync/plan/shard.ts";
import { environmentFor } from "./command-line.ts";
import { at, boss, MAPPING, many, records, roles } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { type Person, startRealm } from "./realm-server.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** An id that belongs to one of two shards. */
const idOfShard = (shard: number, index = shard): string =>
  Array.from({ length: 20 }, (_, n) => `org-${index}-${n}`).find((id) => shardOf(id, 2) === shard) ?? "";

/** Settings of a sync of these organizations, which two Jobs share; the first one's Langfuse is the usual one. */
async function sharded(
  keycloak: { readonly url: string },
  langfuses: readonly { readonly url: string }[],
  ids: readonly string[],
) {
  const organizations = langfuses.map(({ url }, index) => ({
    id: ids[index],
    langfuseUrl: url,
    publicKeyVariable: "LANGFUSE_PUBLIC_KEY",
    secretKeyVariable: "LANGFUSE_SECRET_KEY",
    rules: [{ from: { realmRole: "langfuse-admin" }, organization: "ADMIN" }],
  }));
  const file = at("organizations.json");
  await writeFile(file, JSON.stringify({ organizations }));
  const usual = langfuses[0] ?? expect.fail("no Langfuse");
  const { LANGFUSE_ORG_ID: _id, ROLE_MAPPING: _mapping, ...common } = environmentFor(keycloak, usual);
  return { ...common, ...records(), SYNC_CONFIG: file, SHARDS: "2" };
}

it("a login makes roles right in the organizations of its own Langfuse, whichever Job looks after them", async () => {
  const [person] = many("langfuse-admin");
  const email = person?.email ?? "";
  await using keycloak = await startRealm({ people: [boss, ...(person ? [person] : [])], roles });
  const members = { "boss@example.com": "OWNER", [email]: "VIEWER" };
  await using first = await startOrganization(members);
  await using second = await startOrganization(members);
  await using elsewhere = await startOrganization(members);
  /** One of the first Job, one of the second, and one of another Langfuse. */
  const ids = [0, 1, 1].map(idOfShard);
  const environment = await sharded(keycloak, [first, second, elsewhere], ids);
  const stop = new AbortController().signal;
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

it.each([
  ["the proxy", "login"],
  ["the webhook", "webhook"],
] as const)(
  "%s makes roles right where it can while the organizations of another Job cannot be read",
  async (_, command) => {
    const dora: Person = { id: "dora", email: "dora@example.com", roles: ["langfuse-admin"] };
    await using keycloak = await startRealm({ people: [boss, dora], roles });
    const members = { "boss@example.com": "OWNER", [dora.email]: "VIEWER" };
    await using broken = await startOrganization(members, () => ({ status: 400, text: "broken" }));
    await using other = await startOrganization(members);
    const environment = await sharded(keycloak, [broken, other], [0, 1].map(idOfShard));
    const stop = new AbortController().signal;
    const surroundings = { environment, print: () => {}, stop };
    const named = { ids: new Set([dora.id]), emails: new Set<string>() };
    const log = createLog("silent");
    const running =
      command === "login"
        ? loginRuns(surroundings, other.url, log).run(named, { stop })
        : webhookRuns(surroundings, 2, log).people(named, { stop, isLikely: true });
    await expect(running).rejects.toThrow(/answered 400/);
    expect(other.roles()).toEqual({ "boss@example.com": "OWNER", [dora.email]: "ADMIN" });
  },
);

it("what the sync may see is proven anew before anybody loses something, also when the date was set back", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const people = [boss, { id: "dora", email: "dora@example.com", roles: ["langfuse-admin"] }];
  await using keycloak = await startRealm({ people, roles });
  await using langfuse = await startOrganization({ "boss@example.com": "OWNER", "dora@example.com": "ADMIN" });
  const stop = new AbortController().signal;
  const environment = { ...environmentFor(keycloak, langfuse), ...records(), ROLE_MAPPING: JSON.stringify(MAPPING) };
  const runs = personRunsOf({ environment, print: () => {}, stop }, "login", createLog("silent"));
  const proofs = () => keycloak.received.filter(({ url }) => url.pathname === "/admin/realms/company/roles").length;
  const login = () => runs.run({ ids: new Set(["dora"]), emails: new Set() }, { stop });
  expect(await login()).toEqual({ outcome: "in-sync", changes: [] });
  expect(proofs()).toBe(1);
  people[1] = { id: "dora", email: "dora@example.com", roles: [] };
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(await login()).toMatchObject({ outcome: "applied", changes: [{ to: "VIEWER" }] });
  expect(proofs()).toBe(2);
});
