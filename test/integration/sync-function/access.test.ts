import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { removeRoles } from "#local/keycloak/roles.ts";
import { applyReport } from "#sync/commands/report.ts";
import type { Finding } from "#sync/doctor/finding.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Memory } from "#sync/people/memory.ts";
import {
  address,
  changesOf,
  environmentFor,
  type Fixture,
  failuresOf,
  folder,
  keycloakAdmin,
  langfuseAdmin,
  organization,
  REALM,
  RUN,
  sync,
} from "./access-ground.ts";
import { GUARDED, protect, rules } from "./access-rules.ts";
import { runCommand } from "./command-line.ts";

describe("provisioning", () => {
  it("makes members of holders before their first login, with their project roles, and once", async () => {
    const one = await organization({ boss: "OWNER" }, { rules, protect, provision: true });
    const environment = await environmentFor(one);
    const first = await sync(environment);
    expect(failuresOf(first)).toEqual([]);
    expect(
      changesOf(first)
        .filter((change) => change.startsWith("provision"))
        .toSorted(),
    ).toEqual(["provision admin", "provision researcher", "provision supporter", "provision unverified"]);
    expect(await one.roles()).toEqual({
      boss: "OWNER",
      admin: "ADMIN",
      researcher: "VIEWER",
      supporter: "NONE",
      unverified: "MEMBER",
    });
    expect(await one.rows()).toEqual({ researcher: "MEMBER", supporter: "VIEWER" });
    expect(changesOf(await sync(environment))).toEqual([]);
  });
});

describe("members without a user in Keycloak", () => {
  const later = new Date(Date.now() + 8 * 24 * 60 * 60_000);
  it.each([
    ["keep", { stranger: "MEMBER" }, { stranger: "ADMIN" }],
    ["none", { stranger: "NONE" }, { stranger: "ADMIN" }],
    ["remove", {}, {}],
  ])("are treated as unmatched says after the grace period: %s", async (unmatched, left, rows) => {
    const one = await organization(
      { boss: "OWNER", stranger: "MEMBER" },
      { rules: rules.slice(0, 1), protect, unmatched },
    );
    const [project] = await one.client.listProjects();
    const stranger = (await one.client.listMemberships()).find(({ email }) => email === address("stranger"));
    await one.client.putProjectMembership(project?.id ?? "", stranger?.userId ?? "", "ADMIN");
    const environment = await environmentFor(one);
    const first = await sync(environment);
    expect(changesOf(first)).toEqual([]);
    expect(changesOf(await sync(environment, { now: later }))).toEqual([]);
    expect(failuresOf(await sync(environment, { memory: first.memory, now: later }))).toEqual([]);
    expect(await one.roles()).toEqual({ boss: "OWNER", ...left });
    expect(await one.rows()).toEqual(rows);
  });
});

describe("members without a user in Keycloak whom nobody provisioned", () => {
  it("stay where only those are concerned whom an earlier run has found", async () => {
    const settings = { rules: rules.slice(0, 1), protect, unmatched: "remove", unmatchedScope: "linked" };
    const one = await organization({ boss: "OWNER", stranger: "MEMBER", former: "MEMBER" }, settings);
    const idOf = new Map((await one.client.listMemberships()).map(({ email, userId }) => [email, userId]));
    const [stranger, former] = ["stranger", "former"].map((name) => idOf.get(address(name)) ?? "");
    const since = "2020-01-01T00:00:00.000Z";
    const absences = new Map([stranger ?? "", former ?? ""].map((id) => [id, since]));
    const links = new Map([[former ?? "", randomUUID()]]);
    const memory: Memory = new Map([[one.id, { absences, links, unavailable: new Map() }]]);
    expect(changesOf(await sync(await environmentFor(one), { memory }))).toEqual(["remove-member former"]);
    expect(await one.roles()).toEqual({ boss: "OWNER", stranger: "MEMBER" });
  });
});

describe("the last owner", () => {
  it("keeps the role, until somebody else has it", async () => {
    const owners = [{ from: { realmRole: "admins" }, organization: "OWNER" }];
    const one = await organization({ plain: "OWNER", admin: "VIEWER" }, { rules: rules.slice(1) });
    const two = await organization({ plain: "OWNER", admin: "VIEWER" }, { rules: owners });
    const { decisions } = await sync(await environmentFor(one, two));
    expect(decisions[0]?.plan.untouched).toMatchObject([{ kind: "last-owner", email: address("plain") }]);
    expect(await one.roles()).toEqual({ plain: "OWNER", admin: "NONE" });
    expect(await two.roles()).toEqual({ plain: "NONE", admin: "OWNER" });
  });
});

const approvalIn = (complaints: string) => /--approve ([0-9a-f]+)/.exec(complaints)?.[1] ?? "none";

/** Gives everybody the role they had, as if somebody had undone the changes. */
async function putBack({ client }: Fixture, members: Readonly<Record<string, Role>>): Promise<void> {
  for (const { userId, email, role } of await client.listMemberships()) {
    const before = members[(email ?? "").split("@")[0] ?? ""];
    if (before !== undefined && before !== role) await client.updateScimUser(userId, before);
  }
}

describe("a guard", () => {
  it.concurrent.each(GUARDED)(
    "$guard refuses with 3 and changes nothing, and an approval lets exactly that plan through once",
    async ({ guard, members, settings, approved }) => {
      const one = await organization(members, settings);
      const environment = { ...(await environmentFor(one)), STATE_FILE: path.join(folder, `${one.id}.state`) };
      const refused = await runCommand(["apply"], environment);
      expect([refused.exitCode, refused.complaints]).toEqual([3, expect.stringContaining(`${guard}: in organization`)]);
      expect(await one.roles()).toEqual(members);

      const fingerprint = approvalIn(refused.complaints);
      const applied = await runCommand(["apply", "--approve", fingerprint], environment);
      expect(applied.exitCode, applied.complaints).toBe(0);
      expect(await one.roles()).toEqual({ ...members, ...approved });

      await putBack(one, members);
      const again = await runCommand(["apply", "--approve", fingerprint], environment);
      expect([again.exitCode, again.complaints]).toEqual([
        3,
        expect.stringContaining("was used before and holds once"),
      ]);
      expect(await one.roles()).toEqual(members);
    },
  );

  it.concurrent("protected keeps declared members from every rule, and from a restore until it is approved, once", async () => {
    const members = { boss: "OWNER", plain: "OWNER" } as const;
    // By the rules both are nobody: one of them is protected by name, the other by a pattern.
    const settings = { rules: rules.slice(1), protect: [address("boss"), `pl*@${RUN}.example.com`] };
    const one = await organization(members, settings);
    const environment = { ...(await environmentFor(one)), STATE_FILE: path.join(folder, `${one.id}.state`) };
    expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    expect(await one.roles()).toEqual(members);

    const file = path.join(folder, `${one.id}.snapshot`);
    expect((await runCommand(["snapshot", "--out", file], environment)).exitCode).toBe(0);
    const demoted = { boss: "VIEWER", plain: "OWNER" } as const;
    await putBack(one, demoted);
    const restore = (...flags: string[]) => runCommand(["restore", file, "--apply", ...flags], environment);
    expect((await restore()).exitCode).toBe(0);
    const refused = await restore("--with-protected");
    expect([refused.exitCode, refused.complaints]).toEqual([3, expect.stringContaining("protected: in organization")]);
    expect(await one.roles()).toEqual(demoted);

    const fingerprint = approvalIn(refused.complaints);
    const restored = await restore("--with-protected", "--approve", fingerprint);
    expect(restored.exitCode, restored.complaints).toBe(0);
    expect(await one.roles()).toEqual(members);
    await putBack(one, demoted);
    const again = await restore("--with-protected", "--approve", fingerprint);
    expect([again.exitCode, again.complaints]).toEqual([3, expect.stringContaining("was used before and holds once")]);
    expect(await one.roles()).toEqual(demoted);
  });
});

it("two keys of one organization, where each should be of its own, are found by the doctor", async () => {
  const one = await organization({ boss: "OWNER" }, { name: "First", rules, protect });
  const { publicKey, secretKey } = await langfuseAdmin.createApiKey(one.id, { note: RUN });
  await writeFile(path.join(folder, "second.public"), publicKey);
  await writeFile(path.join(folder, "second.secret"), secretKey);
  const second = {
    ...one.document,
    id: "another",
    name: "Second",
    publicKeyFile: "second.public",
    secretKeyFile: "second.secret",
  };
  const environment = await environmentFor(one, { ...one, document: second });
  const { output } = await runCommand(["doctor", "--json"], environment);
  const errors = (JSON.parse(output) as { findings: Finding[] }).findings.filter(
    ({ severity }) => severity === "error",
  );
  expect(errors).toMatchObject([{ check: "Second: key", fact: expect.stringContaining("as that of First") }]);
});

describe("a plan in a file", () => {
  it("is applied exactly, and refused with 3 when the world has moved", async () => {
    const one = await organization({ boss: "OWNER", admin: "VIEWER" }, { name: "First", rules, protect });
    const two = await organization({ boss: "OWNER", researcher: "NONE" }, { name: "Second", rules, protect });
    const environment = await environmentFor(one, two);
    const file = path.join(folder, "plan.json");
    const planned = await runCommand(["plan", "--out", file], environment);
    expect(planned).toMatchObject({ exitCode: 2, complaints: "" });
    expect(planned.output.split("\n").filter((line) => /^(Organization|\d)/.test(line))).toEqual([
      expect.stringMatching(/^Organization First: 1 change /),
      expect.stringMatching(/^Organization Second: 2 changes /),
      expect.stringMatching(/^2 organizations: 3 changes; fingerprint [0-9a-f]{12}$/),
    ]);

    const [member] = (await two.client.listMemberships()).filter(({ email }) => email === address("researcher"));
    await two.client.updateScimUser(member?.userId ?? "", "MEMBER");
    const refused = await runCommand(["apply", "--plan", file], environment);
    expect([refused.exitCode, refused.complaints]).toEqual([
      3,
      expect.stringContaining("organization Second: members, people or rules"),
    ]);
    expect(await one.roles()).toMatchObject({ admin: "VIEWER" });

    await two.client.updateScimUser(member?.userId ?? "", "NONE");
    const applied = await runCommand(["apply", "--plan", file, "--json"], environment);
    expect(applied.exitCode, applied.complaints).toBe(0);
    const { organizations } = applyReport.parse(JSON.parse(applied.output));
    expect(organizations.map(({ outcome }) => outcome.applied.length).toSorted()).toEqual([1, 2]);
    expect(await two.rows()).toEqual({ researcher: "MEMBER" });
  });

  it("may be for one of several organizations", async () => {
    const one = await organization({ boss: "OWNER", admin: "VIEWER" }, { name: "First", rules, protect });
    const two = await organization({ boss: "OWNER", admin: "VIEWER" }, { name: "Second", rules, protect });
    const environment = await environmentFor(one, two);
    const { exitCode } = await runCommand(["apply", "--organization", "Second"], environment);
    expect(exitCode).toBe(0);
    expect([(await one.roles()).admin, (await two.roles()).admin]).toEqual(["VIEWER", "ADMIN"]);
    const unknown = await runCommand(["apply", "--organization", "Secnod"], environment);
    expect([unknown.exitCode, unknown.complaints]).toEqual([64, expect.stringContaining('did you mean "Second"?')]);
  });
});

// Last, because it changes the realm.
describe("rules from realm roles, groups and client roles", () => {
  it("become roles in the organization and in projects, follow what changes, and are then in sync", async () => {
    const members: Record<string, Role> = {
      boss: "OWNER",
      admin: "VIEWER",
      researcher: "ADMIN",
      supporter: "MEMBER",
      plain: "NONE",
    };
    const one = await organization(members, { rules, protect });
    const environment = await environmentFor(one);
    expect(failuresOf(await sync(environment))).toEqual([]);
    expect(await one.roles()).toEqual({
      boss: "OWNER",
      admin: "ADMIN",
      researcher: "VIEWER",
      supporter: "NONE",
      plain: "NONE",
    });
    expect(await one.rows()).toEqual({ researcher: "MEMBER", supporter: "VIEWER" });
    expect(changesOf(await sync(environment))).toEqual([]);

    const users = await keycloakAdmin.get<{ id: string; username: string }[]>(`/realms/${REALM}/users`, { max: 100 });
    const idOf = (name: string) => users.find(({ username }) => username === name)?.id;
    const groups = await keycloakAdmin.get<{ id: string }[]>(`/realms/${REALM}/users/${idOf("researcher")}/groups`);
    await keycloakAdmin.delete(`/realms/${REALM}/users/${idOf("researcher")}/groups/${groups[0]?.id}`);
    await keycloakAdmin.put(`/realms/${REALM}/users/${idOf("supporter")}`, { enabled: false });
    await removeRoles(keycloakAdmin, REALM, { users: { admin: ["admins"] } });
    expect(failuresOf(await sync(environment))).toEqual([]);
    expect(await one.roles()).toMatchObject({ admin: "NONE", researcher: "NONE", supporter: "NONE" });
    expect(await one.rows()).toEqual({});
    expect(changesOf(await sync(environment))).toEqual([]);
  });
});
