import { describe, expect, it } from "vitest";
import { checkGate } from "#sync/gate/check.ts";
import { declaredRealm } from "#sync/gate/declared-realm.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { client, gatedRealm, openRealm, specification } from "./gated-model.ts";

const check = (changes: Partial<RealmModel>, more: Partial<typeof specification> = {}) =>
  checkGate({ ...gatedRealm, ...changes }, { ...specification, ...more });
const off = { alias: "off", enabled: false, postFlow: undefined };

describe("the check of a realm", () => {
  it("finds nothing where the gate stands as declared", () => {
    expect(check({})).toEqual([]);
  });

  it("finds an open realm open", () => {
    const facts = checkGate(openRealm, specification).map(({ fact }) => fact);
    expect(facts).toEqual(
      expect.arrayContaining([
        expect.stringContaining('the realm\'s browser flow is "browser"'),
        expect.stringContaining('the identity provider "partner" has no post-broker flow'),
        expect.stringContaining('"theirs" lacks the sub-flow "marker-in-theirs-'),
        expect.stringContaining('"langfuse" lacks the default scope "marker"'),
      ]),
    );
  });

  it("tells a copied flow that has changed, which another run repairs, from a copy that was damaged", () => {
    const { browser } = gatedRealm.flows;
    const children = browser?.children.map((one) => ({ ...one, requirement: "ALTERNATIVE" as const })) ?? [];
    const drifted = check({
      flows: { ...gatedRealm.flows, browser: { ...openRealm.flows.browser, children } as never },
    });
    expect(drifted).toContainEqual(
      expect.objectContaining({ invariant: 10, remedy: expect.stringContaining("builds another flow") }),
    );
  });

  it("takes a flow of another generation for sound, and says that it is not the one declared now", () => {
    expect(check({}, { generation: 2 }).map(({ severity, invariant }) => [severity, invariant])).toEqual([
      ["error", 24],
      ["warning", 28],
    ]);
  });

  it("warns of identity providers that would open the gate when they are enabled", () => {
    expect(check({ identityProviders: [off] })).toMatchObject([
      { severity: "warning", fact: expect.stringContaining("as soon as the identity provider is enabled") },
    ]);
    expect(check({ identityProviders: [{ ...off, postFlow: "gone" }] })).toMatchObject([{ severity: "warning" }]);
  });

  it.each([
    ["26.7.5", 0],
    ["26.7.3", 0],
    ["26.8.0", 0],
    ["27.0.0", 0],
    ["26.6.7", 0],
    [undefined, 0],
    ["26.7.2", 1],
    ["26.6.6", 1],
    ["26.4.7", 1],
  ])("of version %s has %d warnings", (version, count) => {
    expect(
      check({ version }).filter(({ invariant, severity }) => invariant === 26 && severity === "warning").length,
    ).toBe(count);
  });

  it.each([
    ["registration", { registrationAllowed: true }],
    ["organization-invitation", { organizationsEnabled: true }],
    ["reset-credentials", { resetPasswordAllowed: true }],
    ["direct-grant", { directGrant: true }],
    ["ciba", { ciba: true }],
    ["token-exchange", { tokenExchange: true }],
    ["jwt-grant", { jwtGrant: true }],
  ] as const)("takes %s for an error, and for a warning where it is accepted", (bypass, change) => {
    const [langfuse = client("langfuse"), ...others] = gatedRealm.clients;
    const changes = { ...change, clients: [{ ...langfuse, ...change }, ...others] };
    expect(check(changes)).toMatchObject([{ severity: "error", invariant: 25 }]);
    expect(check(changes, { accepted: [bypass] })).toMatchObject([
      { severity: "warning", remedy: expect.stringContaining(`it is accepted as "${bypass}"`) },
    ]);
  });

  it("warns of offline tokens and service accounts", () => {
    const [langfuse = client("langfuse"), ...others] = gatedRealm.clients;
    const weak = { ...langfuse, serviceAccount: true, optionalScopes: ["offline_access"] };
    expect(check({ clients: [weak, ...others] }).map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });

  it("takes a role that nobody holds for a lock-out, unless that is wanted", () => {
    const roles = { access: { isHeld: false } };
    expect(check({ roles })).toMatchObject([{ severity: "error", invariant: 19 }]);
    expect(check({ roles }, { mayBeEmpty: true })).toMatchObject([{ severity: "warning", invariant: 19 }]);
  });

  it("takes a role that everybody holds by default for an open gate", () => {
    const roles = { access: { isHeld: true, isDefault: true } };
    expect(check({ roles })).toMatchObject([{ severity: "error", fact: expect.stringContaining("nobody is refused") }]);
  });

  it("finds nothing while a gate in a flow of others is exchanged, and both stand there", () => {
    const another = { ...specification, generation: 2 };
    const both = declaredRealm(gatedRealm, another).flows.theirs?.children ?? [];
    const [, former] = gatedRealm.flows.theirs?.children ?? [];
    const theirs = { ...openRealm.flows.theirs, children: [...both, former] } as never;
    const model = declaredRealm(openRealm, another);
    expect(checkGate({ ...model, flows: { ...model.flows, theirs } }, another)).toEqual([]);
  });

  it("finds nothing where the flow is bound at the client, and everything where it is not", () => {
    const atClient = { ...specification, binding: "client" } as const;
    const model = declaredRealm(openRealm, atClient);
    expect(model.bindings.browser).toBe("browser");
    expect(checkGate(model, atClient)).toEqual([]);
    const clients = model.clients.map((one) => ({ ...one, overrides: {} }));
    expect(checkGate({ ...model, clients }, atClient)).toMatchObject([
      {
        severity: "error",
        invariant: 22,
        fact: expect.stringContaining('the browser flow of "langfuse" is "browser"'),
      },
    ]);
  });

  it("warns of a flow of this gate that a client still runs although it is bound for the realm", () => {
    const { clients } = declaredRealm(openRealm, { ...specification, binding: "client" });
    expect(check({ clients })).toMatchObject([{ severity: "warning", invariant: 23 }]);
    const foreign = clients.map((one) => ({ ...one, overrides: { browser: "browser" } }));
    expect(check({ clients: foreign })).toMatchObject([{ severity: "error", invariant: 23 }]);
  });

  it("finds nothing with two gates", () => {
    const second = { client: "wiki", scope: "wiki-gate", role: "reader", denyMessage: "Nor you." };
    const both = { ...specification, gates: [...specification.gates, second] };
    const scopes = ["marker", "wiki-gate"].map((name) => ({ name, protocol: "openid-connect" }));
    const roles = { access: { isHeld: true }, reader: { isHeld: true } };
    expect(checkGate(declaredRealm({ ...openRealm, scopes, roles }, both), both)).toEqual([]);
  });
});
