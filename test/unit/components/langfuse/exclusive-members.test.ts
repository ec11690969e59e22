import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import {
  check,
  create,
  diff,
  type ExclusiveMembersArguments,
  type ExclusiveMembersWorld,
} from "#components/langfuse/exclusive-members-lifecycle.ts";
import { MemberLists } from "#components/langfuse/member-lists.ts";
import { AccessError } from "#sync/errors.ts";
import { freshProcess, refusal } from "../answers.ts";

beforeEach(freshProcess);

const inputs: ExclusiveMembersArguments = {
  ...{ organizationId: "o1", realm: "company", declared: ["ann@example.com"], kept: ["*@robots.example.com"] },
  ...{ limits: {}, publicKey: "pk-lf-1", secretKey: "sk-lf-1" },
};

/** A Langfuse with these members, and a Keycloak with Dora. */
function worldWith(
  emails: readonly string[],
  addresses: () => Promise<ReadonlySet<string>> = async () => new Set(["dora@example.com"]),
) {
  const removed: string[] = [];
  const world: ExclusiveMembersWorld = {
    client: {
      listMemberships: async () =>
        emails.map((email) => ({ userId: `id-${email}`, email, role: email.startsWith("ann@") ? "OWNER" : "MEMBER" })),
      listProjects: async () => [],
      listProjectMemberships: async () => [],
      deleteScimUser: async (id) => {
        removed.push(id);
      },
    },
    lists: new MemberLists(),
    addresses,
  };
  return { world, removed };
}

describe("exclusive members", () => {
  it("are decided by the check, shown by the preview, and made so by the update", async () => {
    const { world, removed } = worldWith([
      "ann@example.com",
      "dora@example.com",
      "guest@example.com",
      "x@robots.example.com",
    ]);
    const { inputs: checked, failures } = await check({}, inputs, () => world);
    expect(failures).toEqual([]);
    expect(checked.leaving.map(({ email }) => email)).toEqual(["guest@example.com"]);
    const said: string[] = [];
    expect(
      diff({ ...inputs, organizationId: "o-x", leaving: [] }, { ...checked, organizationId: "o-x" }, (line) =>
        said.push(line),
      ),
    ).toEqual({ changes: true });
    expect(said).toEqual(["guest@example.com: MEMBER → removed from o-x"]);
    const { outs } = await create(checked, world);
    expect(removed).toEqual(["id-guest@example.com"]);
    expect(outs.leaving).toEqual([]);
    expect((await check({}, inputs, () => world)).inputs.leaving).toEqual([]);
  });

  it("are nobody's business of an organization that is still to be made", async () => {
    const never = () => {
      throw new Error("asked");
    };
    for (const unknown of ["organizationId", "secretKey"]) {
      expect((await check({}, { ...inputs, [unknown]: UNKNOWN }, never)).inputs.leaving).toEqual([]);
    }
  });

  it("are named by a preview also while another key of the organization is about to be made", async () => {
    const { world } = worldWith(["ann@example.com", "guest@example.com"]);
    const news = { ...inputs, publicKey: UNKNOWN, secretKey: UNKNOWN };
    const { leaving } = (await check(inputs, news, () => world)).inputs;
    expect(leaving.map(({ email }) => email)).toEqual(["guest@example.com"]);
  });

  it("are not known as long as a key that was deleted by hand is still to be replaced", async () => {
    const { world } = worldWith(["ann@example.com"]);
    const locked = { ...world, client: { ...world.client, listMemberships: () => Promise.reject(refusal(401)) } };
    const news = { ...inputs, publicKey: UNKNOWN, secretKey: UNKNOWN };
    expect(await check(inputs, news, () => locked)).toEqual({ inputs: { ...inputs, leaving: [] }, failures: [] });
    await expect(check(inputs, inputs, () => locked)).rejects.toMatchObject({ status: 401 });
  });

  it("ask Keycloak for nobody where everybody is declared", async () => {
    const { world } = worldWith(["ann@example.com", "x@robots.example.com"], async () => {
      throw new Error("asked");
    });
    expect((await check({}, inputs, () => world)).inputs.leaving).toEqual([]);
  });

  it("remove nobody when a list is empty or cannot be read", async () => {
    const empty = worldWith([]);
    expect((await check({}, inputs, () => empty.world)).failures).toEqual([
      { property: "organizationId", reason: expect.stringContaining("lists no member") },
    ]);
    const partial = worldWith(["ann@example.com", "guest@example.com"], async () => {
      throw new AccessError("incomplete", "the list has 3 of 10");
    });
    await expect(check({}, inputs, () => partial.world)).rejects.toThrow("3 of 10");
    expect(partial.removed).toEqual([]);
  });

  it("say in the preview why a large removal is refused", async () => {
    const { world } = worldWith([
      "ann@example.com",
      ...Array.from({ length: 9 }, (_, index) => `g${index}@example.com`),
    ]);
    const { failures } = await check({}, inputs, () => world);
    expect(failures).toEqual([{ property: "leaving", reason: expect.stringMatching(/9 of 10 .*approvedRemovals to/) }]);
    const limits = { removals: { floor: 9 } };
    expect((await check({}, { ...inputs, limits }, () => world)).inputs.leaving).toHaveLength(9);
  });
});
