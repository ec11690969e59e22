import { describe, expect, it } from "vitest";
import { planPostBroker } from "#components/keycloak/login-gate/post-broker-plan.ts";
import type { RealmFacts } from "#components/keycloak/login-gate/realm-facts.ts";
import { brokenInvariants } from "#sync/gate/invariants.ts";
import type { FlatExecution } from "#sync/gate/replica.ts";

const specification = {
  flow: "gated",
  flowToCopy: "browser",
  generation: 1,
  gates: [{ client: "langfuse", scope: "marker", role: "langfuse-access", denyMessage: "Not you." }],
};
const allow: FlatExecution = { level: 0, requirement: "REQUIRED", providerId: "allow-access-authenticator" };
const theirs = (executions: readonly FlatExecution[] = [allow], builtIn = false) => ({
  "their flow": { builtIn, executions },
});

type IdentityProvider = RealmFacts["identityProviders"][number];
const provider = (alias: string, postFlow?: string, enabled = true): IdentityProvider => ({ alias, enabled, postFlow });
const plan = (identityProviders: IdentityProvider[], flows: RealmFacts["flows"] = {}) =>
  planPostBroker({ identityProviders, flows }, specification);

describe("after logins through identity providers", () => {
  it("there is no flow without identity providers, or with disabled ones only", () => {
    const nothing = { flow: undefined, identityProviders: [], appended: [] };
    expect(plan([])).toEqual(nothing);
    expect(plan([provider("off", undefined, false)])).toEqual(nothing);
  });

  it("each enabled one without a flow gets ours, which begins with a step that always succeeds", () => {
    const { flow, identityProviders, appended } = plan([provider("vendor"), provider("partner")]);
    expect(identityProviders).toEqual(["partner", "vendor"]);
    expect(appended).toEqual([]);
    expect(flow?.children[0]).toMatchObject({ authenticator: "allow-access-authenticator", requirement: "REQUIRED" });
    expect(flow && brokenInvariants(flow)).toEqual([]);
  });

  it("one that has ours keeps it, in whatever generation, and although it was disabled since", () => {
    const covered = [provider("off", "gated-post-broker-v7", false), provider("partner", "gated-post-broker")];
    expect(plan(covered).identityProviders).toEqual(["off", "partner"]);
  });

  it("a flow of others gets the gate once, however many identity providers run it", () => {
    const { flow, identityProviders, appended } = plan(
      [provider("partner", "their flow"), provider("vendor", "their flow")],
      theirs(),
    );
    expect([flow, identityProviders]).toEqual([undefined, []]);
    expect(appended).toMatchObject([
      { flow: "their flow", gates: [{ alias: "marker-in-their-flow", requirement: "CONDITIONAL", priority: 1000 }] },
    ]);
  });

  it("the gate of an earlier run does not count as a step of theirs", () => {
    const gate: FlatExecution[] = [
      { level: 0, requirement: "CONDITIONAL", displayName: "marker-in-their-flow", authenticationFlow: true },
      { level: 1, requirement: "REQUIRED", providerId: "deny-access-authenticator" },
    ];
    const users = [provider("partner", "their flow")];
    expect(plan(users, theirs([allow, ...gate])).appended).toEqual(plan(users, theirs()).appended);
    expect(() => plan(users, theirs(gate))).toThrow("has no step that always succeeds");
  });
});

describe("a flow of others without room for a gate is refused:", () => {
  it.each<[string, RealmFacts["flows"], string]>([
    ["a missing one", {}, "does not exist"],
    ["a built-in one", theirs([allow], true), "is built in"],
    ["an empty one", theirs([]), "has no step that always succeeds"],
    [
      "one of alternatives",
      theirs([{ level: 0, requirement: "ALTERNATIVE", providerId: "auth-otp-form" }]),
      "has ALTERNATIVE steps",
    ],
  ])("%s", (_title, flows, reason) => {
    expect(() => plan([provider("partner", "their flow")], flows)).toThrow(
      `The post-broker flow "their flow" ${reason}`,
    );
  });
});
