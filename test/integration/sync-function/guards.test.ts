import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseSeries } from "#sync/metrics/registry.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { approvalIn, at, boss, MAPPING, many, records, roles, six } from "./company.ts";
import { type OrganizationServer, startOrganization } from "./organization-server.ts";
import { type Person, startRealm } from "./realm-server.ts";

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
