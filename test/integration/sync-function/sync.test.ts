import { describe, expect, it } from "vitest";
import { sendEvents } from "#local/keycloak/event-plugin.ts";
import { createRealm, deleteRealm } from "#local/keycloak/realm.ts";
import { assignRoles, removeRoles } from "#local/keycloak/roles.ts";
import { personRunsOf } from "#sync/commands/person-runs.ts";
import { applyReport, planReport } from "#sync/commands/report.ts";
import { createLog } from "#sync/log.ts";
import { countRequests } from "#sync/metrics/requests.ts";
import { runCommand } from "./command-line.ts";
import { CLIENT } from "./imported-realm.ts";
import {
  AFTER,
  admin,
  apply,
  assignments,
  BEFORE,
  codeOf,
  environment,
  idOf,
  keycloak,
  loginOf,
  organization,
  person,
  plan,
  quietly,
  REALM,
  realm,
  roles,
  target,
} from "./synced-company.ts";
import { SECRET, startReceiver } from "./webhook/receiver.ts";

describe("a sync of a real realm", () => {
  it("plans without changing, applies, and then has nothing to do", async () => {
    const before = await plan();
    expect(codeOf(before)).toEqual(quietly(2));
    expect(before.output).toMatch(/^direct@example\.com +VIEWER → ADMIN +because they hold langfuse\/admin$/m);
    expect(before.output).toMatch(/^stranger@example\.com +MEMBER +left alone because they have no user in Keycloak$/m);
    expect(await roles()).toEqual(BEFORE);

    expect(codeOf(await apply())).toEqual(quietly(0));
    expect(await roles()).toEqual(AFTER);

    expect(codeOf(await plan())).toEqual(quietly(0));
    const again = applyReport.parse(JSON.parse((await runCommand(["apply", "--json"], environment)).output));
    const [only] = again.organizations;
    expect(only?.plan.changes).toEqual([]);
    expect(only?.outcome).toEqual({ applied: [], failed: [], notAttempted: [] });
  });

  it("follows what changes in Keycloak, one thing after another", async () => {
    await apply();
    const steps: readonly (readonly [change: () => Promise<unknown>, expected: Record<string, string>])[] = [
      [() => removeRoles(admin, REALM, { groups: { "/engineering": ["langfuse-member"] } }), { nested: "VIEWER" }],
      [
        () => removeRoles(admin, REALM, { composites: { "team-lead": ["langfuse-member"] } }),
        { composite: "VIEWER", lead: "VIEWER" },
      ],
      [() => assignRoles(admin, REALM, { users: { none: ["langfuse-member"] } }), { none: "MEMBER" }],
      [
        () => assignRoles(admin, REALM, { composites: { "default-roles-company": ["langfuse-member"] } }),
        { nested: "MEMBER", composite: "MEMBER", lead: "MEMBER", renamed: "MEMBER" },
      ],
    ];
    let expected = AFTER;
    for (const [change, difference] of steps) {
      await change();
      expected = { ...expected, ...difference };
      expect(codeOf(await plan())).toEqual(quietly(2));
      expect(codeOf(await apply())).toEqual(quietly(0));
      expect(await roles()).toEqual(expected);
    }
  });

  it("plans the same bytes twice", async () => {
    const [first, second] = [
      await runCommand(["plan", "--json"], environment),
      await runCommand(["plan", "--json"], environment),
    ];
    expect(first.output).toBe(second.output);
    expect(planReport.parse(JSON.parse(first.output)).organizations[0]?.plan.changes).toHaveLength(8);
  });

  it("leaves people alone whose address belongs to several", async () => {
    await admin.put(`/realms/${REALM}`, { duplicateEmailsAllowed: true, loginWithEmailAllowed: false });
    await admin.post(`/realms/${REALM}/users`, { username: "impostor", email: "none@example.com", enabled: true });
    await assignRoles(admin, REALM, { users: { impostor: ["langfuse/admin"] } });
    expect((await apply()).output).toMatch(
      /^none@example\.com +ADMIN +left alone because their address belongs to several people$/m,
    );
    expect((await roles()).none).toBe("ADMIN");
  });

  it("finds everybody over many pages and by reading the whole realm", async () => {
    const names = Array.from({ length: 1_205 }, (_, index) => `many-${index}`);
    const many = names.map((name, index) => person(name, index % 2 === 0 ? { groups: ["/engineering/ml"] } : {}));
    await deleteRealm(admin, REALM);
    await createRealm(admin, { ...realm, users: [...(realm.users ?? []), ...many] });
    await assignRoles(admin, REALM, assignments);
    const members = names.filter((_, index) => index % 100 < 2);
    for (const name of members) await organization.createScimUser({ userName: `${name}@example.com`, role: "VIEWER" });
    const report = planReport.parse(JSON.parse((await runCommand(["plan", "--json"], environment)).output));
    const changes = report.organizations.flatMap(({ plan: decided }) => decided.changes);
    const promoted = changes.filter(({ email }) => email.startsWith("many-"));
    expect(promoted).toHaveLength(members.length / 2);
    expect(new Set(promoted.map(({ to }) => to))).toEqual(new Set(["MEMBER"]));
  });
});

it("a run about single people gives and takes what one about everybody would, and asks for little", async () => {
  const stop = new AbortController().signal;
  const runs = personRunsOf({ environment, print: () => {}, stop }, "webhook", createLog("silent"));
  const named = async (ids: readonly string[], ...names: readonly string[]) => ({
    ids: new Set(await Promise.all(ids.map(idOf))),
    emails: new Set(names.map((name) => `${name}@example.com`)),
  });
  const requests: string[] = [];
  const stopCounting = countRequests({ [keycloak.url]: "keycloak", [target.url]: "langfuse" }, (server) =>
    requests.push(server),
  );
  const costOf = async (people: Awaited<ReturnType<typeof named>>) => {
    requests.length = 0;
    await runs.run(people, { stop });
    return ["keycloak", "langfuse"].map((server) => requests.filter((one) => one === server).length);
  };
  // A token, the proof of rights, and two for the address; later only these; for an id one more.
  const outsider = await named(["outsider"]);
  expect(await costOf(await named([], "outsider"))).toEqual([5, 2]);
  expect(await costOf(await named([], "outsider"))).toEqual([2, 2]);
  expect(await costOf(outsider)).toEqual([3, 2]);
  // Read and decided twice, written, and read again.
  expect(await costOf(await named([], "direct"))).toEqual([4, 6]);
  stopCounting();

  const people = await named(["nested", "disabled"], "lead", "both", "none", "protected", "stranger", "nobody");
  expect((await runs.run(people, { stop })).changes).toHaveLength(5);
  const { direct, nested, disabled, lead, both, none } = AFTER;
  expect(await roles()).toEqual({ ...BEFORE, direct, nested, disabled, lead, both, none });
  expect(await runs.run(people, { stop })).toEqual({ outcome: "in-sync", changes: [] });
  await removeRoles(admin, REALM, { groups: { "/engineering": ["langfuse-member"] } });
  expect(await runs.run(people, { stop })).toMatchObject({ changes: [{ kind: "demote", to: "VIEWER" }] });

  const before = await roles();
  await admin.delete(`/realms/${REALM}/roles/langfuse%2Fadmin`);
  await expect(runs.run(people, { stop })).rejects.toThrow('has no role "langfuse/admin"');
  expect(await roles()).toEqual(before);
});

it("the webhook follows the events of a real realm, one after another", async () => {
  await apply();
  const logIn = await loginOf("lead");
  await using receiver = await startReceiver(environment);
  await sendEvents(admin, REALM, { url: `${receiver.url}/webhook`, secret: SECRET });
  const user = async (name: string) => `/realms/${REALM}/users/${await idOf(name)}`;
  const [group] = await admin.get<{ id: string }[]>(`/realms/${REALM}/groups`, { search: "leads" });
  const steps: readonly (readonly [change: () => Promise<unknown>, expected: Record<string, string>])[] = [
    [() => assignRoles(admin, REALM, { users: { none: ["langfuse-member"] } }), { none: "MEMBER" }],
    [() => removeRoles(admin, REALM, { users: { direct: ["langfuse/admin"] } }), { direct: "VIEWER" }],
    [async () => admin.put(`${await user("direct")}/groups/${group?.id}`), { direct: "MEMBER" }],
    [async () => admin.put(await user("both"), { enabled: false }), { both: "NONE" }],
    [logIn, { lead: "MEMBER" }],
    [() => removeRoles(admin, REALM, { groups: { "/engineering": ["langfuse-member"] } }), { nested: "VIEWER" }],
  ];
  // Somebody has changed it by hand, which no event tells.
  const lead = (await organization.listMemberships()).find(({ email }) => email === "lead@example.com");
  await organization.updateScimUser(lead?.userId ?? "", "ADMIN");
  let expected: Record<string, string> = { ...AFTER, lead: "ADMIN" };
  for (const [change, difference] of steps) {
    await change();
    expected = { ...expected, ...difference };
    await expect.poll(roles).toEqual(expected);
  }
  const metrics = await receiver.metrics();
  expect(metrics['langfuse_sync_webhook_requests_total{outcome="401"}']).toBe(0);
  expect(metrics['langfuse_sync_webhook_runs_total{scope="people",outcome="applied"}']).toBeGreaterThan(3);
});

describe("a service account with too few rights", () => {
  const withoutRight = async (right: string) => {
    const [account] = await admin.get<{ id: string }[]>(`/realms/${REALM}/users`, {
      username: `service-account-${CLIENT.clientId}`,
    });
    const [management] = await admin.get<{ id: string }[]>(`/realms/${REALM}/clients`, {
      clientId: "realm-management",
    });
    const path = `/realms/${REALM}/users/${account?.id}/role-mappings/clients/${management?.id}`;
    const held = await admin.get<{ id: string; name: string }[]>(path);
    await admin.delete(
      path,
      held.filter(({ name }) => name === right),
    );
  };

  it.each(["view-users", "view-realm"])("stops the run before it changes anything: %s is missing", async (right) => {
    await withoutRight(right);
    const { exitCode, complaints } = await apply();
    expect(exitCode).toBe(5);
    expect(complaints).toContain("view-users and view-realm of realm-management");
    expect(await roles()).toEqual(BEFORE);
  });

  it("stops the run when the secret is wrong, and does not show it", async () => {
    const { exitCode, complaints } = await runCommand(["apply"], {
      ...environment,
      KEYCLOAK_CLIENT_SECRET: "not-the-secret",
    });
    expect(exitCode).toBe(5);
    expect(complaints).toContain('check the secret of client "langfuse-sync"');
    expect(complaints).not.toContain("not-the-secret");
  });
});
