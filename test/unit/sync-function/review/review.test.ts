import { describe, expect, it } from "vitest";
import { GENESIS, nextRecord } from "#sync/audit/record.ts";
import type { Person } from "#sync/people/person.ts";
import { csvOf, markdownOf } from "#sync/review/format.ts";
import { lastChanges } from "#sync/review/last-changes.ts";
import { type ReviewRow, reviewRows } from "#sync/review/row.ts";
import type { AccessRules } from "#sync/roles/rule.ts";

const rules: AccessRules = {
  organization: "organization-1",
  rules: [
    {
      from: { kind: "realmRole", name: "member" },
      organization: "MEMBER",
      projects: new Map([["prompts", "ADMIN" as const]]),
    },
  ],
  fallback: "NONE",
  protect: ["owner@*"],
  ignore: [],
  unmatched: "keep",
  unmatchedScope: "all",
  graceDays: 7,
  provision: false,
};

function person(name: string, more: Partial<Person> = {}): Person {
  return {
    id: `keycloak-${name}`,
    email: `${name}@example.com`,
    emailVerified: true,
    enabled: true,
    federated: false,
    realmRoles: ["member"],
    clientRoles: [],
    groups: [],
    ...more,
  };
}

function rowsOf(
  members: Readonly<Record<string, string>>,
  people: readonly Person[],
  rows: Readonly<Record<string, string>> = {},
): readonly ReviewRow[] {
  return reviewRows({
    name: "acme",
    rules,
    state: {
      members: Object.entries(members).map(([userId, role]) => ({ userId, email: `${userId}@example.com`, role })),
      people: { byEmail: Map.groupBy(people, ({ email }) => email), linked: new Map() },
      projects: [{ id: "p", name: "prompts", rows: new Map(Object.entries(rows)) }],
    },
    lastChange: () => undefined,
  });
}

const summary = (rows: readonly ReviewRow[]) =>
  rows.map(({ userId, project, role, marks }) => `${userId} ${project ?? "-"} ${role} ${marks.join()}`);

describe("a review", () => {
  it("has no marks on what the rules give", () => {
    const rows = rowsOf({ dora: "MEMBER" }, [person("dora")], { dora: "ADMIN" });
    expect(summary(rows)).toEqual(["dora - MEMBER ", "dora prompts ADMIN "]);
    expect(rows.map(({ why }) => why)).toEqual(["they hold member", "they hold member"]);
  });

  it("marks more than the rules give, and what they do not know", () => {
    const idle = person("idle", { realmRoles: [] });
    const rows = rowsOf({ dora: "OWNER", idle: "NONE", stranger: "ADMIN", owner: "OWNER" }, [person("dora"), idle]);
    expect(summary(rows)).toEqual([
      "dora - OWNER over-privileged",
      "idle - NONE dormant",
      "owner - OWNER protected",
      "stranger - ADMIN unknown,over-privileged",
    ]);
    expect(rows[0]?.why).toBe("not by the rules, which give MEMBER because they hold member");
  });

  it("marks the disabled, the unverified and those who share an address", () => {
    const people = [
      person("disabled", { enabled: false }),
      person("unverified", { emailVerified: false }),
      person("twin"),
      person("twin", { id: "another" }),
    ];
    const rows = rowsOf({ disabled: "NONE", twin: "MEMBER", unverified: "MEMBER" }, people, { disabled: "VIEWER" });
    expect(summary(rows)).toEqual([
      "disabled - NONE dormant",
      "disabled prompts VIEWER dormant,over-privileged",
      "twin - MEMBER ambiguous",
      "unverified - MEMBER unverified",
    ]);
  });
});

describe("last changes", () => {
  const by = { time: "2026-01-01T00:00:00.000Z", run: "1", actor: "sync" };
  const person = { email: "dora@example.com", userId: "dora", keycloakId: null };
  const change = { event: "change", organization: "organization-1", person, before: "VIEWER", after: "ADMIN" } as const;

  it("are the newest that came about, for each role on its own", () => {
    const lines = [
      nextRecord(GENESIS, { ...change, outcome: "applied" }, by),
      nextRecord(GENESIS, { ...change, project: "p", after: "NONE", outcome: "applied" }, by),
      nextRecord(
        GENESIS,
        { ...change, before: "ADMIN", after: "MEMBER", outcome: "applied" },
        { ...by, time: "2026-02-01T00:00:00.000Z" },
      ),
      nextRecord(GENESIS, { ...change, after: "OWNER", outcome: "failed: 500" }, by),
    ].map((record) => JSON.stringify(record));
    const lastChange = lastChanges([...lines, "cut off", ""]);
    expect(lastChange("organization-1", "dora", undefined)).toMatchObject({
      after: "MEMBER",
      time: "2026-02-01T00:00:00.000Z",
    });
    expect(lastChange("organization-1", "dora", "p")).toMatchObject({ after: "NONE" });
    expect(lastChange("organization-2", "dora", undefined)).toBeUndefined();
  });
});

describe("the forms", () => {
  const row: ReviewRow = {
    email: "=1+1@example.com",
    userId: "u",
    organization: 'a "b", c',
    project: null,
    role: "ADMIN",
    why: "they hold a|b",
    lastChange: { time: "2026-01-01T00:00:00.000Z", before: "NONE", after: "ADMIN", actor: "sync" },
    marks: ["unverified"],
  };

  it("CSV quotes, and defuses formulas", () => {
    expect(csvOf([row]).split("\r\n")).toEqual([
      "Person,Organization,Project,Role,Why,Last change,Marks",
      `"'=1+1@example.com","a ""b"", c",,ADMIN,"they hold a|b",2026-01-01T00:00:00.000Z NONE → ADMIN by sync,unverified`,
    ]);
  });

  it.each([
    ["a formula", "=HYPERLINK(1)", "'=HYPERLINK(1)"],
    ["one behind blanks", "  @SUM(1)", "  '@SUM(1)"],
    ["one behind a line break", "a\n=1", "a\uFFFD=1"],
    ["one behind a tab", "\t=1", "\uFFFD=1"],
    ["one behind what divides cells elsewhere", "x;=1|+2", "x;'=1|'+2"],
    ["one behind a quotation mark", 'x"-1', `x"'-1`],
    ["one of full-width signs", "＝1", "'＝1"],
    ["a terminal's command", "a\u001b[31mb", "a\uFFFD[31mb"],
  ])("CSV takes %s for text, in every cell", (_title, hostile, expected) => {
    const change = { time: hostile, before: hostile, after: hostile, actor: hostile };
    const all = { ...row, email: hostile, organization: hostile, project: hostile, why: hostile, lastChange: change };
    const text = csvOf([all]).split("\r\n");
    expect(text).toHaveLength(2);
    const cells = [...(text[1] ?? "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
    );
    expect(cells).toHaveLength(7);
    for (const cell of cells) expect(cell).not.toMatch(/(^|[;,|"])\s*[=+\-@＝＋－＠]/);
    expect(cells[0]).toBe(expected);
  });

  it("Markdown leaves no way out of a cell: no line, no mark, no link", () => {
    const hostile = "a|b\n| c | <img src=x> [x](http://evil.example) www.evil.example `*_~ &#124; \\|";
    const change = { time: hostile, before: hostile, after: hostile, actor: hostile };
    const all = { ...row, email: hostile, organization: hostile, project: hostile, why: hostile, lastChange: change };
    const line = markdownOf([all], "2026-01-02T00:00:00.000Z").split("\n").at(-1) ?? "";
    expect(line.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(8);
    expect(line).not.toMatch(/(?<!\\)[<>[\]`*_~&]|\w:\/\/|www\.e/);
  });

  it("Markdown escapes what would break the table, and counts the marks", () => {
    const text = markdownOf([row], "2026-01-02T00:00:00.000Z");
    expect(text).toContain("1 person, 1 role.");
    expect(text).toContain("To look at: 1 unverified.");
    expect(text).toContain("they hold a\\|b");
  });
});
