import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSeries } from "#sync/metrics/registry.ts";
import { shardOf } from "#sync/plan/shard.ts";
import { parseSnapshot } from "#sync/snapshot/snapshot.ts";
import { environmentFor, type Result, runCommand } from "./command-line.ts";
import { type OrganizationServer, startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { type Person, type Realm, startRealm } from "./realm-server.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-safeguards-"));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);

const records = (): Record<string, string> => ({
  AUDIT_FILE: at("audit.jsonl"),
  STATE_FILE: at("state.json"),
  METRICS_FILE: at("sync.prom"),
  LOCK_FILE: at("sync.lock"),
});

const roles: Realm["roles"] = { "langfuse-owner": [], "langfuse-admin": [], "langfuse-member": [] };
const MAPPING = {
  "langfuse-owner": "OWNER",
  "langfuse-admin": "ADMIN",
  "langfuse-member": "MEMBER",
  default: "VIEWER",
};
const boss: Person = { id: "boss", email: "boss@example.com", roles: ["langfuse-owner"] };

/** Six people who hold the same role now, and a membership each that says something else. */
function many(role: string | undefined, enabled = true): readonly Person[] {
  return Array.from({ length: 6 }, (_, index) => ({
    id: `${index}`,
    email: `p${index}@example.com`,
    enabled,
    ...(role !== undefined && { roles: [role] }),
  }));
}
const six = (role: string) => Object.fromEntries(many(undefined).map(({ email }) => [email, role]));

interface Case {
  readonly guard: string;
  readonly people: readonly Person[];
  readonly members: Record<string, string>;
  readonly more?: Record<string, string>;
}

const CASES: readonly Case[] = [
  {
    guard: "mass-removal",
    people: [boss, ...many("langfuse-member", false)],
    members: { "boss@example.com": "OWNER", ...six("MEMBER") },
  },
  {
    guard: "mass-demotion",
    people: [boss, ...many("langfuse-member")],
    members: { "boss@example.com": "OWNER", ...six("ADMIN") },
  },
  {
    guard: "mass-escalation",
    people: [boss, ...many("langfuse-admin")],
    members: { "boss@example.com": "OWNER", ...six("VIEWER") },
  },
  {
    guard: "last-owner",
    people: [
      { ...boss, roles: ["langfuse-member"] },
      { id: "a", email: "a@example.com", roles: ["langfuse-member"] },
    ],
    members: { "boss@example.com": "OWNER", "a@example.com": "VIEWER" },
  },
  {
    guard: "minimum-owners",
    people: [boss, { id: "a", email: "a@example.com", roles: ["langfuse-member"] }],
    members: { "boss@example.com": "OWNER", "a@example.com": "OWNER" },
    more: { GUARD_LIMITS: '{"minimumOwners":2}' },
  },
  {
    guard: "empty-upstream",
    people: [
      { ...boss, roles: [] },
      { id: "a", email: "a@example.com" },
    ],
    members: { "boss@example.com": "VIEWER", "a@example.com": "ADMIN" },
  },
  {
    guard: "ambiguous",
    people: [
      boss,
      { id: "a", email: "twin@example.com", roles: ["langfuse-admin"] },
      { id: "b", email: "twin@example.com" },
      { id: "c", email: "c@example.com", roles: ["langfuse-member"] },
    ],
    members: { "boss@example.com": "OWNER", "twin@example.com": "ADMIN", "c@example.com": "VIEWER" },
  },
  {
    guard: "unverified",
    people: [boss, { id: "a", email: "a@example.com", emailVerified: false, roles: ["langfuse-admin"] }],
    members: { "boss@example.com": "OWNER", "a@example.com": "VIEWER" },
  },
];

/** What the refusal asks for. */
function approvalIn({ complaints }: Result): string {
  return /--approve ([0-9a-f]{12,64})/.exec(complaints)?.[1] ?? "none";
}

describe.each(CASES)("the guard $guard", ({ guard, people, members, more = {} }) => {
  it("refuses with 3 and changes nothing; an approval of this plan works once", async () => {
    await using keycloak = await startRealm({ people, roles });
    const begin = async () => {
      const langfuse = await startOrganization(members);
      const environment = {
        ...environmentFor(keycloak, langfuse),
        ROLE_MAPPING: JSON.stringify(MAPPING),
        ...records(),
        ...more,
      };
      return { langfuse, environment };
    };
    const first = await begin();
    await using langfuse: OrganizationServer = first.langfuse;
    const foreseen = await runCommand(["plan"], first.environment);
    expect(foreseen.exitCode).toBe(2);
    expect(foreseen.output).toMatch(new RegExp(`^apply would be refused:\\n(.*\\n)*${guard}: in organization`, "m"));
    const refused = await runCommand(["apply"], first.environment);
    expect([refused.exitCode, langfuse.writes()], refused.complaints).toEqual([3, []]);
    expect(refused.complaints).toContain(`${guard}: in organization organization-1 `);
    expect(refused.complaints).toMatch(/\w+@example\.com/);

    const wrong = await runCommand(["apply", "--approve", "0123456789abcdef"], first.environment);
    expect([wrong.exitCode, langfuse.writes()]).toEqual([3, []]);
    expect(wrong.complaints).toContain("is for another plan");

    const fingerprint = approvalIn(refused);
    const approved = await runCommand(["apply", "--approve", fingerprint], first.environment);
    expect(approved.exitCode, approved.complaints).toBe(0);

    // The same world once more, as if somebody had put everything back.
    const again = await begin();
    await using restored: OrganizationServer = again.langfuse;
    const second = await runCommand(["apply", "--approve", fingerprint], again.environment);
    expect([second.exitCode, restored.writes()]).toEqual([3, []]);
    expect(second.complaints).toContain("was used before and holds once");

    const verified = await runCommand(["audit", "verify", at("audit.jsonl")], first.environment);
    expect(verified.exitCode, verified.output).toBe(0);
    const lines = (await readFile(at("audit.jsonl"), "utf8")).trim().split("\n");
    const told = lines.map((line) => JSON.parse(line)).map(({ event, cause }) => `${event} ${cause}`);
    expect(told).toContain(`refusal ${guard}`);
    expect(told).toContain(`approval ${guard}`);
    const figures = parseSeries(await readFile(at("sync.prom"), "utf8"));
    expect(figures[`langfuse_sync_refusals_total{organization="organization-1",guard="${guard}"}`]).toBe(3);
    expect(figures['langfuse_sync_failure_total{exit_code="3"}']).toBe(3);
    expect(figures.langfuse_sync_success_total).toBe(1);
    expect(figures['langfuse_sync_requests_total{target="keycloak",status="200"}']).toBeGreaterThan(20);
  });
});

describe("protected people", () => {
  it("are not touched, and are no reason to refuse", async () => {
    await using keycloak = await startRealm({ people: [boss, ...many("langfuse-member")], roles });
    await using langfuse = await startOrganization({ "boss@example.com": "OWNER", ...six("ADMIN") });
    const environment = {
      ...environmentFor(keycloak, langfuse),
      ROLE_MAPPING: JSON.stringify(MAPPING),
      PROTECTED_MEMBERS: '["p*@example.com"]',
    };
    expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    expect(langfuse.writes()).toEqual([]);
  });
});

it("a plan file in which somebody wrote a change of a protected person is refused with 3", async () => {
  await using keycloak = await startRealm({ people: [boss, ...many("langfuse-member")], roles });
  await using langfuse = await startOrganization({ "boss@example.com": "OWNER", ...six("ADMIN") });
  const environment = {
    ...environmentFor(keycloak, langfuse),
    ROLE_MAPPING: JSON.stringify(MAPPING),
    PROTECTED_MEMBERS: '["p0@example.com"]',
  };
  await runCommand(["plan", "--out", at("plan.json")], environment);
  const file = JSON.parse(await readFile(at("plan.json"), "utf8"));
  const { changes } = file.organizations[0].plan;
  expect(changes.map(({ email }: { email: string }) => email)).not.toContain("p0@example.com");
  changes.push({ ...changes[0], email: "p0@example.com", userId: "user-p0@example.com" });
  await writeFile(at("plan.json"), JSON.stringify(file));
  const { exitCode, complaints } = await runCommand(["apply", "--plan", at("plan.json")], environment);
  expect([exitCode, langfuse.writes()]).toEqual([3, []]);
  expect(complaints).toContain("its changes are not those that the plan was made with");
});

describe("people whom their user storage has switched off", () => {
  it("keep access for two runs, lose it in the third, and have two runs again after they were back", async () => {
    const gone: Person = { id: "g", email: "gone@example.com", enabled: false, federationLink: "ldap" };
    await using langfuse = await startOrganization({ "boss@example.com": "OWNER", "gone@example.com": "ADMIN" });
    const role = async (person: Person) => {
      await using keycloak = await startRealm({ people: [boss, person], roles });
      const environment = {
        ...environmentFor(keycloak, langfuse),
        ROLE_MAPPING: JSON.stringify(MAPPING),
        ...records(),
      };
      const { exitCode, complaints } = await runCommand(["apply"], environment);
      expect(exitCode, complaints).toBe(0);
      return langfuse.roles()["gone@example.com"];
    };
    const back = { ...gone, enabled: true, roles: ["langfuse-admin"] };
    const seen = [gone, back, gone, gone, gone, back, gone];
    const expected = ["ADMIN", "ADMIN", "ADMIN", "ADMIN", "NONE", "ADMIN", "ADMIN"];
    for (const [run, person] of seen.entries()) expect(await role(person), `run ${run}`).toBe(expected[run]);
  });
});

describe("limits", () => {
  it("are options: what is refused by default is let through where they say so", async () => {
    await using keycloak = await startRealm({ people: [boss, ...many("langfuse-admin")], roles });
    await using langfuse = await startOrganization({ "boss@example.com": "OWNER", ...six("VIEWER") });
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    const limits = (text: string) => runCommand(["apply"], { ...environment, GUARD_LIMITS: text });
    expect((await limits('{"escalations":{"floor":5}}')).exitCode).toBe(3);
    expect((await limits('{"escalations":{"floor":"six"}}')).exitCode).toBe(64);
    expect((await limits('{"escalations":{"floor":6}}')).exitCode).toBe(0);
  });

  it("an approval that cannot be remembered lifts nothing", async () => {
    await using keycloak = await startRealm({ people: [boss, ...many("langfuse-admin")], roles });
    await using langfuse = await startOrganization({ "boss@example.com": "OWNER", ...six("VIEWER") });
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    const fingerprint = approvalIn(await runCommand(["apply"], environment));
    const { exitCode, complaints } = await runCommand(["apply", "--approve", fingerprint], environment);
    expect([exitCode, langfuse.writes()]).toEqual([64, []]);
    expect(complaints).toContain("set STATE_FILE or STATE_CONFIG_MAP");
  });
});

describe("shards", () => {
  it("are refused each for itself, and one command approves them all, once", async () => {
    await using keycloak = await startRealm({ people: [boss, ...many("langfuse-admin")], roles });
    const members = { "boss@example.com": "OWNER", ...six("VIEWER") };
    await using first = await startOrganization(members);
    await using second = await startOrganization(members);
    await using calm = await startOrganization({ "boss@example.com": "OWNER" });
    /** Ids that belong to the first shard, to the second, and to the first again. */
    const ids = [0, 1, 0].map(
      (shard, index) =>
        Array.from({ length: 20 }, (_, n) => `org-${index}-${n}`).find((id) => shardOf(id, 2) === shard) ?? "",
    );
    const organizations = [first, second, calm].map(({ url }, index) => ({
      id: ids[index],
      langfuseUrl: url,
      publicKeyVariable: "LANGFUSE_PUBLIC_KEY",
      secretKeyVariable: "LANGFUSE_SECRET_KEY",
      rules: [
        { from: { realmRole: "langfuse-owner" }, organization: "OWNER" },
        { from: { realmRole: "langfuse-admin" }, organization: "ADMIN" },
      ],
    }));
    await writeFile(at("sync.json"), JSON.stringify({ organizations }));
    const { LANGFUSE_ORG_ID: _id, ROLE_MAPPING: _mapping, ...common } = environmentFor(keycloak, first);
    const apply = (shard: number, ...approvals: string[]) => applyOf(2, shard, ...approvals);
    const applyOf = (shards: number, shard: number, ...approvals: string[]) =>
      runCommand(["apply", ...approvals.flatMap((approval) => ["--approve", approval])], {
        ...common,
        ...records(),
        SYNC_CONFIG: at("sync.json"),
        LOCK_FILE: at(`${shard}.lock`),
        SHARDS: `${shards}`,
        JOB_COMPLETION_INDEX: `${shard}`,
      });
    const idle = [0, 1, 2, 3].find((shard) => !ids.some((id) => shardOf(id, 4) === shard)) ?? 0;
    expect(await applyOf(4, idle)).toMatchObject({ exitCode: 0, complaints: "" });
    const refused = [await apply(0), await apply(1)];
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([3, 3]);
    const approvals = refused.map(approvalIn);
    expect(new Set(approvals).size).toBe(2);
    const [, other = ""] = approvals;
    expect(await apply(0, other)).toMatchObject({
      exitCode: 3,
      complaints: expect.stringContaining("is for another plan"),
    });
    expect([...first.writes(), ...second.writes()]).toEqual([]);

    expect([(await apply(0, ...approvals)).exitCode, second.writes()]).toEqual([0, []]);
    expect([(await apply(1, ...approvals)).exitCode, first.writes().length]).toEqual([0, 6]);
    expect(first.roles()).toEqual({ "boss@example.com": "OWNER", ...six("ADMIN") });
    // Nothing is refused any more, so that the same command does no harm.
    expect((await apply(0, ...approvals)).exitCode).toBe(0);
    // Somebody undoes it: what was approved was approved once.
    for (const email of Object.keys(six("VIEWER"))) {
      await fetch(`${second.url}/api/public/scim/Users/user-${email}`, { method: "PUT", body: '{"roles":["VIEWER"]}' });
    }
    const again = await apply(1, ...approvals);
    expect([again.exitCode, again.complaints]).toEqual([3, expect.stringContaining("was used before and holds once")]);
  });
});

describe("one writer", () => {
  const people = [boss, { id: "a", email: "a@example.com", roles: ["langfuse-member"] }];
  const members = { "boss@example.com": "OWNER", "a@example.com": "VIEWER" };

  it.each([
    ["by a lock file", () => ({ LOCK_FILE: at("sync.lock") })],
    ["by the default lock of organization and address", () => ({})],
  ])("of two runs at once one writes and the other ends with 3, %s", async (_title, more) => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 300) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...more() };
    const results = await Promise.all([runCommand(["apply"], environment), runCommand(["apply"], environment)]);
    expect(results.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const late = results.find(({ exitCode }) => exitCode === 3);
    expect(late?.complaints).toMatch(/is writing at this moment and only one may; nothing was changed/);
  });

  it("of two processes at once one writes and the other ends with 3", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 3_000) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    const ended = await Promise.all([1, 2].map(() => startProgram(["apply"], environment).ended));
    expect(ended.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const verified = await runCommand(["audit", "verify", at("audit.jsonl")], environment);
    expect(verified.exitCode, verified.output).toBe(0);
  });

  it("and reading is free: a plan needs no lease", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 300) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    const results = await Promise.all([runCommand(["apply"], environment), runCommand(["plan"], environment)]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([4, 2]);
  });
});

describe("records", () => {
  const people = [boss, { id: "a", email: "a@example.com", roles: ["langfuse-member"] }];
  const members = { "boss@example.com": "OWNER", "a@example.com": "VIEWER" };

  it("of a Job that shares the work have its index, and are found by it", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const index = shardOf("organization-1", 2);
    const environment = {
      ...environmentFor(keycloak, langfuse),
      ROLE_MAPPING: JSON.stringify(MAPPING),
      ...records(),
      SHARDS: "2",
      JOB_COMPLETION_INDEX: `${index}`,
    };
    expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    const file = at(`audit.jsonl.${index}`);
    const { JOB_COMPLETION_INDEX: _, ...elsewhere } = environment;
    const verified = await runCommand(["audit", "verify", file], elsewhere);
    expect([verified.exitCode, verified.output]).toEqual([0, expect.stringContaining("compared with the state")]);
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    await writeFile(file, `${lines.slice(0, -1).join("\n")}\n`);
    expect((await runCommand(["audit", "verify", file], elsewhere)).output).toContain("truncated");
    const report = await runCommand(["report", "--format", "json"], environment);
    const { rows } = JSON.parse(report.output);
    expect(rows.find(({ email }: { email: string }) => email === "a@example.com").lastChange).toBeTruthy();
  });

  it("tell who changed what and why, without a secret, and survive nothing being wrong", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    for (const _ of [1, 2]) expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    const text = await readFile(at("audit.jsonl"), "utf8");
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      "run-started",
      "decision",
      "change",
      "run-finished",
      "run-started",
      "run-finished",
    ]);
    expect(lines[2]).toMatchObject({
      organization: "organization-1",
      person: { email: "a@example.com", keycloakId: "a" },
      before: "VIEWER",
      after: "MEMBER",
      cause: "they hold langfuse-member",
      outcome: "applied",
      actor: expect.stringMatching(/^langfuse-sync by /),
    });
    for (const name of ["audit.jsonl", "state.json", "sync.prom"]) {
      expect(await readFile(at(name), "utf8")).not.toMatch(/secret-value|Bearer|Basic/);
    }
  });

  it("of what was there are kept before something is taken, and only then", async () => {
    await using langfuse = await startOrganization(members);
    const environment = {
      ROLE_MAPPING: JSON.stringify(MAPPING),
      ...records(),
      SNAPSHOT_FOLDER: at("snapshots"),
    };
    const apply = async (person: Person, more: Record<string, string> = {}) => {
      await using keycloak = await startRealm({ people: [boss, person], roles });
      return await runCommand(["apply"], { ...environmentFor(keycloak, langfuse), ...environment, ...more });
    };
    const a: Person = { id: "a", email: "a@example.com", roles: ["langfuse-member"] };
    expect((await apply(a)).exitCode).toBe(0);
    await expect(readdir(at("snapshots"))).rejects.toThrow("ENOENT");

    await writeFile(at("file"), "");
    const blocked = await apply({ ...a, enabled: false }, { SNAPSHOT_FOLDER: at("file/below") });
    expect([blocked.exitCode, langfuse.roles()["a@example.com"]], blocked.complaints).toEqual([64, "MEMBER"]);

    expect((await apply({ ...a, enabled: false })).exitCode).toBe(0);
    expect(langfuse.roles()["a@example.com"]).toBe("NONE");
    const [file = ""] = await readdir(at("snapshots"));
    const snapshot = parseSnapshot(await readFile(at(`snapshots/${file}`), "utf8"), file);
    expect(snapshot.organizations[0]?.members.find(({ email }) => email === "a@example.com")?.role).toBe("MEMBER");
  });

  it("that somebody has shortened or edited are found out", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    await runCommand(["apply"], environment);
    const text = await readFile(at("audit.jsonl"), "utf8");
    const verify = () => runCommand(["audit", "verify", at("audit.jsonl")], environment);
    await writeFile(at("audit.jsonl"), `${text.trim().split("\n").slice(0, -1).join("\n")}\n`);
    expect(await verify()).toMatchObject({ exitCode: 2, output: expect.stringContaining("truncated") });
    await writeFile(at("audit.jsonl"), text.replace("a@example.com", "b@example.com"));
    expect(await verify()).toMatchObject({ exitCode: 2, output: expect.stringContaining("edited") });
  });

  it("that cannot be written keep the run from changing anything", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    await writeFile(at("broken"), "{");
    const broken: readonly [Record<string, string>, number][] = [
      [{ AUDIT_FILE: at("absent/audit.jsonl") }, 64],
      [{ STATE_FILE: at("broken") }, 5],
      [{ METRICS_FILE: at("x") }, 64],
    ];
    for (const [more, expected] of broken) {
      const { exitCode, complaints } = await runCommand(["apply"], { ...environment, ...more });
      expect([exitCode, langfuse.writes()], complaints).toEqual([expected, []]);
    }
  });

  it("go to the output in a pod that has no file for them, and the chain goes on from the state", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = {
      ...environmentFor(keycloak, langfuse),
      ROLE_MAPPING: JSON.stringify(MAPPING),
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      STATE_FILE: at("state.json"),
    };
    const outputs = [await runCommand(["apply"], environment), await runCommand(["apply"], environment)];
    const lines = outputs.flatMap(({ output }) => output.split("\n").filter((line) => line.startsWith('{"event"')));
    await writeFile(at("collected.jsonl"), `${lines.join("\n")}\n`);
    const verified = await runCommand(["audit", "verify", at("collected.jsonl")], environment);
    expect(verified).toMatchObject({ exitCode: 0, output: expect.stringContaining("6 lines in order") });
  });
});
