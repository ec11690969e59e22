import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "#sync/doctor/finding.ts";
import type { ReviewRow } from "#sync/review/row.ts";
import { runCommand } from "./command-line.ts";
import { address, environment, folder, langfuse, projectId, roles, signsInHere } from "./inspected.ts";

describe("explain", () => {
  it("shows the way over the parent group, the rules and the request", async () => {
    const { exitCode, output } = await runCommand(["explain", address("nested")], environment);
    expect(exitCode).toBe(0);
    expect(output.split("\n")).toEqual([
      address("nested"),
      expect.stringMatching(/^Keycloak: user [0-9a-f-]{36}, enabled, address verified$/),
      "  realm role langfuse-member, held by",
      "    group /engineering/ml, parent group /engineering, role langfuse-member",
      `Organization ${environment.LANGFUSE_ORG_ID}: VIEWER now`,
      "    rule 0: langfuse-admin → ADMIN: does not apply: not held",
      "  * rule 1: langfuse-member → MEMBER: applies, and is the first that does",
      "    default → VIEWER: is not asked for, because rule 1 applies",
      "  change: promote VIEWER → MEMBER, because they hold langfuse-member",
      "  guard: lets the plan pass",
      expect.stringMatching(/^ {2}call: PUT \/api\/public\/scim\/Users\/\w+ \{"active":true,"roles":\["MEMBER"\]\}$/),
    ]);
  });

  it("shows a composite role, a rule that loses, a capped role and a disabled person", async () => {
    const explain = async (name: string) => (await runCommand(["explain", address(name)], environment)).output;
    expect(await explain("composite")).toContain("    role team-lead, role langfuse-member");
    expect(await explain("both")).toContain("rule 1: langfuse-member → MEMBER: applies, but rule 0 comes first");
    expect(await explain("unverified")).toContain("but their address is not verified in Keycloak");
    const disabled = await explain("disabled");
    expect(disabled).toContain("rule 0: langfuse-admin → ADMIN: does not count: disabled in Keycloak");
    expect(disabled).toContain("change: remove-access MEMBER → NONE, because they are disabled in Keycloak");
  });

  it("is JSON on demand, and names whom it does not know", async () => {
    const { output } = await runCommand(["explain", address("owner"), "--json"], environment);
    expect(JSON.parse(output)).toMatchObject({
      command: "explain",
      email: address("owner"),
      identities: [],
      organizations: [{ member: { role: "OWNER" }, untouched: [{ kind: "unknown" }], changes: [], calls: [] }],
    });
    const unknown = await runCommand(["explain", address("ownr")], environment);
    expect(unknown).toMatchObject({ exitCode: 64 });
    expect(unknown.complaints).toContain(`did you mean "${address("owner")}"?`);
  });
});

describe("report", () => {
  it("has every role with its reason and its marks", async () => {
    const { exitCode, output } = await runCommand(["report", "--json"], environment);
    const { rows } = JSON.parse(output) as { rows: ReviewRow[] };
    expect(exitCode).toBe(0);
    const seen = rows.map(({ email, project, role, marks }) => [email.split(".")[0], project, role, marks.join()]);
    expect(seen).toEqual([
      ["both", null, "ADMIN", ""],
      ["both", "prompts", "VIEWER", ""],
      ["composite", null, "ADMIN", "over-privileged"],
      ["disabled", null, "MEMBER", "dormant,over-privileged"],
      ["nested", null, "VIEWER", ""],
      ["owner", null, "OWNER", "unknown,over-privileged"],
      ["unverified", null, "MEMBER", "unverified"],
    ]);
    expect(rows[2]?.why).toBe("not by the rules, which give MEMBER because they hold langfuse-member");
  });

  it("is Markdown by default, and CSV for spreadsheets", async () => {
    const markdown = (await runCommand(["report"], environment)).output;
    expect(markdown).toContain("| Person | Organization | Project | Role | Why | Last change | Marks |");
    const file = path.join(folder, "review.csv");
    expect((await runCommand(["report", "--format", "csv", "--out", file], environment)).exitCode).toBe(0);
    expect((await readFile(file, "utf8")).split("\r\n")).toHaveLength(8);
    const wrong = await runCommand(["report", "--format", "markdwn"], environment);
    expect(wrong).toMatchObject({ exitCode: 64, complaints: expect.stringContaining('did you mean "markdown"?') });
  });
});

describe("snapshot and restore", () => {
  it("lead back, also to memberships and project roles, dry unless told otherwise", async () => {
    const file = path.join(folder, "before.json");
    const before = await roles();
    expect((await runCommand(["snapshot", "--out", file], environment)).exitCode).toBe(0);
    expect((await runCommand(["restore", file], environment)).exitCode).toBe(0);

    const members = await langfuse.listMemberships();
    const idOf = (name: string) => members.find(({ email }) => email === address(name))?.userId ?? "";
    await langfuse.deleteScimUser(idOf("both"));
    await langfuse.updateScimUser(idOf("nested"), "NONE");
    await langfuse.createScimUser({ userName: address("newcomer"), role: "MEMBER" });
    const dry = await runCommand(["restore", file], environment);
    expect(dry).toMatchObject({ exitCode: 2, complaints: "" });
    expect(dry.output).toContain(`Not in the snapshot and left alone: ${address("newcomer")}`);
    expect(await roles()).toMatchObject({ nested: "NONE", newcomer: "MEMBER" });

    const restored = await runCommand(["restore", file, "--apply"], environment);
    expect(restored, restored.complaints).toMatchObject({ exitCode: 0 });
    expect(await roles()).toEqual({ ...before, newcomer: "MEMBER" });
    const rows = await langfuse.listProjectMemberships(projectId);
    expect(rows.map(({ email, role }) => [email, role])).toEqual([[address("both"), "VIEWER"]]);
    const thorough = await runCommand(["restore", file, "--apply", "--remove-others", "--json"], environment);
    expect(thorough, thorough.complaints).toMatchObject({ exitCode: 0 });
    expect(await roles()).toEqual(before);
  });

  it("refuse a snapshot of another organization", async () => {
    const file = path.join(folder, "other.json");
    const organizations = [{ id: "elsewhere", members: [], projects: [] }];
    const snapshot = { schema: "langfuse-access/snapshot/1", takenAt: new Date().toISOString(), organizations };
    await writeFile(file, JSON.stringify(snapshot));
    const { exitCode, complaints } = await runCommand(["restore", file], environment);
    expect(exitCode).toBe(64);
    expect(complaints).toContain("is of organization elsewhere, and none of these is configured");
  });
});

describe("doctor", () => {
  const findings = async (more: Record<string, string>) => {
    const { exitCode, output, complaints } = await runCommand(["doctor", "--json"], { ...environment, ...more });
    expect(complaints).toBe("");
    return { exitCode, findings: (JSON.parse(output) as { findings: Finding[] }).findings };
  };
  const found = (list: readonly Finding[], severity: Finding["severity"]) =>
    list.filter((finding) => finding.severity === severity).map(({ check, fact }) => `${check}: ${fact}`);

  it("finds nothing wrong with what is right", async () => {
    const healthy = await findings({});
    expect([healthy.exitCode, found(healthy.findings, "error")]).toEqual([0, []]);
    expect(found(healthy.findings, "ok")).toEqual(
      expect.arrayContaining([
        "Keycloak rights: exactly view-users, view-realm, nothing more",
        "Keycloak clock: agrees with the clock here",
        "Keycloak roles: every role of the rules exists",
        "Langfuse clock: agrees with the clock here",
        `${environment.LANGFUSE_ORG_ID}: key: a key of an organization, accepted`,
        `${environment.LANGFUSE_ORG_ID}: licence: the server's licence covers SCIM`,
        ...(signsInHere
          ? [expect.stringMatching(/^Langfuse sign-in: people come from realm "inspected" of http/)]
          : []),
      ]),
    );
  });

  it("warns of rights that are not needed", async () => {
    const { exitCode, findings: list } = await findings({ KEYCLOAK_CLIENT_ID: "mighty-sync" });
    expect(exitCode).toBe(0);
    expect(found(list, "warning")).toContain("Keycloak rights: the token has manage-users, which is not needed");
  });

  it("names rights that are missing, a role that does not exist, and a key that is wrong", async () => {
    const powerless = await findings({ KEYCLOAK_CLIENT_ID: "powerless-sync" });
    expect(powerless.exitCode).toBe(5);
    expect(found(powerless.findings, "error")).toContain(
      "Keycloak rights: the token lacks view-users of realm-management",
    );
    const misspelt = await findings({ ROLE_MAPPING: '{"langfuse-admn":"ADMIN"}', LANGFUSE_SECRET_KEY: "sk-lf-wrong" });
    expect(misspelt.exitCode).toBe(5);
    expect(found(misspelt.findings, "error")).toEqual([
      'Keycloak roles: the realm has no role "langfuse-admn" (did you mean "langfuse-admin"?)',
      expect.stringMatching(/key: the server answered 401: Invalid credentials/),
    ]);
  });
});

describe("check", () => {
  it("speaks up when something would change, and says nothing when all is in sync", async () => {
    const drifted = await runCommand(["check"], environment);
    expect(drifted).toMatchObject({ exitCode: 2, complaints: "" });
    expect(drifted.output).toContain("VIEWER → MEMBER");
    const members = await langfuse.listMemberships();
    for (const [name, role] of [
      ["nested", "MEMBER"],
      ["composite", "MEMBER"],
      ["disabled", "NONE"],
    ] as const) {
      const { userId } = members.find(({ email }) => email === address(name)) ?? { userId: "" };
      await langfuse.updateScimUser(userId, role);
    }
    expect(await runCommand(["check"], environment)).toEqual({ exitCode: 0, output: "", complaints: "" });
    expect(JSON.parse((await runCommand(["check", "--json"], environment)).output)).toMatchObject({ exitCode: 0 });
  });
});
