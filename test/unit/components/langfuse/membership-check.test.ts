import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { check } from "#components/langfuse/membership-check.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { freshProcess, never, refusal } from "../answers.ts";

beforeEach(freshProcess);

const inputs = {
  organizationId: "o1",
  email: "ann@example.com",
  role: "OWNER" as Role,
  publicKey: "pk-lf-1",
  secretKey: "sk-lf-1",
};

describe("the inputs of a membership", () => {
  it.each([
    ["may be unknown in a preview", { ...inputs, organizationId: UNKNOWN }, []],
    ["may have unknown projects", { ...inputs, projectRoles: [{ projectId: UNKNOWN, role: "NONE" as Role }] }, []],
    [
      "need known roles in projects",
      { ...inputs, projectRoles: [{ projectId: "p", role: "X" as Role }] },
      ["projectRoles"],
    ],
    ["need an address", { ...inputs, email: "ann" }, ["email"]],
    ["need a known role", { ...inputs, role: "AUDITOR" as Role }, ["role"]],
  ])("%s", async (_title, news, properties) => {
    const { failures } = await check({}, news, async () => {});
    expect(failures.map((failure) => failure.property)).toEqual(properties);
  });

  it("ask for the right to roles in projects where new ones are declared, before the person is made a member", async () => {
    const projectRoles = [{ projectId: "p1", role: "NONE" as Role }];
    const news = { ...inputs, projectRoles };
    const asked: unknown[] = [];
    const lacking = (status: number) => (given: unknown) => {
      asked.push(given);
      return Promise.reject(refusal(status, "Your plan does not include project role management."));
    };
    expect((await check({}, news, lacking(403))).failures).toEqual([
      { property: "projectRoles", reason: "403: Your plan does not include project role management." },
    ]);
    expect((await check(inputs, news, lacking(401))).failures).toEqual([]);
    expect(asked).toEqual([news, news]);
    const [unknown, unchanged] = [{ ...news, secretKey: UNKNOWN }, news];
    for (const [olds, wanted] of [
      [{}, unknown],
      [unchanged, news],
      [news, inputs],
    ] as const) {
      expect((await check(olds, wanted, never)).failures).toEqual([]);
    }
  });

  it("come in one form, so that another spelling is no change", async () => {
    const roles = [
      { projectId: "p2", role: "NONE" as Role },
      { projectId: "p1", role: "NONE" as Role },
    ];
    const news = { ...inputs, email: "Ann@Example.com", projectRoles: roles };
    expect((await check({}, news, async () => {})).inputs).toEqual({
      ...inputs,
      projectRoles: roles.toReversed(),
    });
    expect((await check({}, { ...inputs, projectRoles: [] }, never)).inputs).toEqual(inputs);
  });
});

describe("of somebody new who may be a member already, a preview tells", () => {
  const wanted = { ...inputs, organizationId: "o-foretold", adopt: "if-exists" as const };
  const projectRoles = [
    { projectId: "p1-foretold", role: "ADMIN" as Role },
    { projectId: UNKNOWN, role: "NONE" as Role },
  ];
  const told = async (olds: object, news: typeof wanted, member?: Role, own: typeof projectRoles = []) => {
    const said: string[] = [];
    const standing = async () => ({
      member: member && { userId: "u1", role: member, email: news.email },
      projectRoles: own,
    });
    const { failures } = await check(
      olds,
      news,
      async () => {},
      standing,
      (line) => said.push(line),
    );
    expect(failures).toEqual([]);
    return said;
  };

  it.each<[string, Parameters<typeof told>, string[]]>([
    ["that they become one", [{}, wanted], ["ann@example.com: not a member → OWNER in o-foretold"]],
    [
      "that they are taken over as they are",
      [{}, wanted, "OWNER"],
      ["ann@example.com: OWNER in o-foretold already → taken over"],
    ],
    [
      "that they are taken over with another role",
      [{}, wanted, "VIEWER"],
      ["ann@example.com: VIEWER → OWNER in o-foretold, taken over"],
    ],
    [
      "which roles in projects change, as far as the projects are known",
      [{}, { ...wanted, ...{ projectRoles } }, "OWNER", [{ projectId: "p1-foretold", role: "VIEWER" }]],
      [
        "ann@example.com: OWNER in o-foretold already → taken over",
        "ann@example.com: VIEWER → ADMIN in project p1-foretold",
      ],
    ],
    [
      "that this cannot be known before there is a key",
      [{}, { ...wanted, publicKey: UNKNOWN, secretKey: UNKNOWN }],
      ["members of o-foretold: whoever is there already → taken over, which the up tells with the key that it makes"],
    ],
    ["nothing in an organization that is not known yet", [{}, { ...wanted, organizationId: UNKNOWN }], []],
    ["nothing of a member of the stack", [inputs, wanted], []],
  ])("%s", async (_title, given, lines) => {
    expect(await told(...given)).toEqual(lines);
  });

  it("nothing where nobody may be taken over, and asks for nothing", async () => {
    expect((await check({}, inputs, never, never, never)).failures).toEqual([]);
  });
});
