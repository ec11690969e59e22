import { describe, expect, it } from "vitest";
import type { KeycloakRole } from "#sync/keycloak/answers.ts";
import { createHoldingProof, type OwnAnswer } from "#sync/keycloak/holding-proof.ts";

const role = (name: string, composite = false): KeycloakRole => ({
  id: `id of ${name}`,
  name,
  composite,
  clientRole: false,
});
const lead = role("lead", true);
const group = (id: string, realmRoles: string[], parentId?: string, clientRoles: Record<string, string[]> = {}) => ({
  id,
  path: `/${id}`,
  realmRoles,
  clientRoles,
  parentId,
});

/** Dora holds `direct`, by a parent of her group `staff` and `crm/agent`, and `member` by the composite `lead`. */
const proof = createHoldingProof({
  realm: "Company",
  ownUserId: async () => "service account",
  listEffectiveRoles: async () => [role("default-roles-company")],
  listDirectRoles: async () => ({
    realm: [role("direct"), lead],
    clients: new Map([["crm", [role("reader")]]]),
  }),
  listOwnGroups: async () => [{ id: "child", path: "/child" }],
  countOwnGroups: async () => 1,
  listGroups: async () => [
    group("parent", ["staff"], undefined, { crm: ["agent"] }),
    group("child", [], "parent"),
    group("other", ["else"]),
  ],
  listComposites: async (id) =>
    id === lead.id ? [role("member"), { ...role("of a client"), clientRole: true }] : [role("unexpected")],
});
const whole: OwnAnswer = {
  userId: "dora",
  realmRoles: [role("direct"), lead, role("member"), role("staff")],
  clientRoles: new Map([["crm", [role("reader"), role("agent")]]]),
  groups: [{ id: "child" }],
};
const without = (name: string): OwnAnswer => ({
  ...whole,
  realmRoles: whole.realmRoles.filter((one) => one.name !== name),
  clientRoles: new Map([["crm", [role("reader"), role("agent")].filter((one) => one.name !== name)]]),
});

describe("an answer by which somebody would lose something", () => {
  it("is believed when everything it follows from is in it", async () => {
    await expect(proof.ofLoss(whole)).resolves.toBeUndefined();
    await expect(proof.ofLoss({ ...whole, groups: undefined })).resolves.toBeUndefined();
  });

  it.each(["direct", "lead", "member", "staff", "reader", "agent"])("is not believed without %s", async (name) => {
    await expect(proof.ofLoss(without(name))).rejects.toMatchObject({
      kind: "incomplete",
      message: expect.stringContaining(`it shows no role "${name}"`),
    });
  });

  it("is not believed when fewer groups are listed than counted", async () => {
    await expect(proof.ofLoss({ ...whole, groups: [] })).rejects.toThrow("1 groups, of which 0 are listed");
  });
});

describe("an answer without the realm's default role", () => {
  const nobody = { ...whole, realmRoles: [], clientRoles: new Map() };

  it("is not believed when something was given to the person themselves", async () => {
    await expect(proof.ofLessThanDefault(nobody)).rejects.toThrow('it shows no role "direct"');
  });

  it.each([
    [[role("default-roles-company")], true],
    [[], false],
  ])("is believed while the sync sees its own roles: %j", async (own, isBelieved) => {
    const bare = createHoldingProof({
      realm: "Company",
      ownUserId: async () => "service account",
      listEffectiveRoles: async () => own,
      listDirectRoles: async () => ({ realm: [], clients: new Map() }),
      listOwnGroups: async () => [],
      countOwnGroups: async () => 0,
      listGroups: async () => [],
      listComposites: async () => [],
    });
    const answer = bare.ofLessThanDefault(nobody);
    if (isBelieved) await expect(answer).resolves.toBeUndefined();
    else await expect(answer).rejects.toMatchObject({ kind: "incomplete" });
  });
});
