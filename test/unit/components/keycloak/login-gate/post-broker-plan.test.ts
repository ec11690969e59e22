import { describe, expect, it } from "vitest";
import { planPostBroker } from "#components/keycloak/login-gate/post-broker-plan.ts";
import type { RealmFacts } from "#components/keycloak/login-gate/realm-facts.ts";
import { brokenGate, brokenInvariants } from "#sync/gate/invariants.ts";
import type { LiveExecution } from "#sync/gate/realm-reading.ts";

const specification = {
  flow: "gated",
  flowToCopy: "browser",
  generation: 1,
  gates: [{ client: "langfuse", scope: "marker", role: "langfuse-access", denyMessage: "Not you." }],
};
const allow: LiveExecution = {
  level: 0,
  priority: 10,
  requirement: "REQUIRED",
  providerId: "allow-access-authenticator",
};
const theirs = (executions: readonly LiveExecution[] = [allow], builtIn = false) => ({
  "their flow": { builtIn, executions },
});

type IdentityProvider = RealmFacts["identityProviders"][number];
const provider = (alias: string, postFlow?: string, enabled = true): IdentityProvider => ({ alias, enabled, postFlow });
const plan = (identityProviders: IdentityProvider[], flows: RealmFacts["flows"] = {}) =>
  planPostBroker({ identityProviders, flows, ownFlows: ["former-name-01234567"] }, specification);

describe("after logins through identity providers", () => {
  it("there is no flow without identity providers", () => {
    expect(plan([])).toEqual({ flow: undefined, identityProviders: [], appended: [] });
  });

  it("each enabled one without a flow gets ours, which begins with a step that always succeeds", () => {
    const { flow, identityProviders, appended } = plan([provider("vendor"), provider("partner")]);
    expect(identityProviders).toEqual(["partner", "vendor"]);
    expect(appended).toEqual([]);
    expect(flow?.children[0]).toMatchObject({ authenticator: "allow-access-authenticator", requirement: "REQUIRED" });
    expect(flow && brokenInvariants(flow)).toEqual([]);
  });

  it("a disabled one gets it too, so that enabling it opens nothing", () => {
    expect(plan([provider("off", undefined, false)]).identityProviders).toEqual(["off"]);
  });

  it("one that has a flow of this stack keeps ours, whatever that was called", () => {
    expect(plan([provider("partner", "former-name-01234567")])).toMatchObject({
      identityProviders: ["partner"],
      appended: [],
    });
  });

  it("a flow of others may have the longest name there is, and two may differ only where ours are cut off", () => {
    const names = ["a", "b"].map((end) => `${"flow ".repeat(50)}${end}`);
    const flows = Object.fromEntries(names.map((name) => [name, { builtIn: false, executions: [allow] }]));
    const { appended } = plan(
      names.map((name) => provider(name.slice(-1), name)),
      flows,
    );
    expect(appended.flatMap(({ gates }) => gates.flatMap(brokenGate))).toEqual([]);
    expect(new Set(appended.flatMap(({ gates }) => gates.map(({ alias }) => alias))).size).toBe(2);
  });

  it("a flow of others gets the gate once, however many identity providers run it", () => {
    const { flow, identityProviders, appended } = plan(
      [provider("partner", "their flow"), provider("vendor", "their flow")],
      theirs(),
    );
    expect([flow, identityProviders]).toEqual([undefined, []]);
    expect(appended).toMatchObject([{ flow: "their flow", gates: [{ requirement: "CONDITIONAL", priority: 1000 }] }]);
    expect(appended[0]?.gates[0]?.alias).toMatch(/^marker-in-their-flow-[0-9a-f]{8}$/);
  });

  it("the gate comes behind everything that they have", () => {
    const late = { ...allow, priority: 1500 };
    expect(plan([provider("partner", "their flow")], theirs([allow, late])).appended[0]?.gates[0]?.priority).toBe(1510);
  });

  it("gates in two flows whose names differ in signs only have names of their own", () => {
    const flows = { ...theirs(), "their-flow": { builtIn: false, executions: [allow] } };
    const { appended } = plan([provider("partner", "their flow"), provider("vendor", "their-flow")], flows);
    expect(new Set(appended.flatMap(({ gates }) => gates.map(({ alias }) => alias))).size).toBe(2);
  });

  it("a flow without room that only a disabled one runs stops nothing", () => {
    expect(plan([provider("off", "their flow", false)], theirs([])).appended).toEqual([]);
  });

  it("the gate of an earlier run does not count as a step of theirs", () => {
    const gate: LiveExecution[] = [
      { level: 0, priority: 1000, requirement: "CONDITIONAL", displayName: "a gate", authenticationFlow: true },
      { level: 1, priority: 10, requirement: "REQUIRED", providerId: "conditional-client-scope" },
      { level: 1, priority: 20, requirement: "REQUIRED", providerId: "conditional-user-role" },
      { level: 1, priority: 30, requirement: "REQUIRED", providerId: "deny-access-authenticator" },
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
      theirs([{ level: 0, priority: 10, requirement: "ALTERNATIVE", providerId: "auth-otp-form" }]),
      "has ALTERNATIVE steps",
    ],
  ])("%s", (_title, flows, reason) => {
    expect(() => plan([provider("partner", "their flow")], flows)).toThrow(
      `The post-broker flow "their flow" ${reason}`,
    );
  });

  it.each(["a/b", "a?b", "a#b", "a%b"])("one whose name %s would be cut in an address", (name) => {
    expect(() => plan([provider("partner", name)], { [name]: { builtIn: false, executions: [allow] } })).toThrow(
      `The post-broker flow "${name}" has a character in its name that breaks addresses`,
    );
  });
});
