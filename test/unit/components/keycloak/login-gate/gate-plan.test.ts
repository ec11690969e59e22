import { describe, expect, it } from "vitest";
import { planGate } from "#components/keycloak/login-gate/gate-plan.ts";
import type { Element, Flow, Subflow } from "#sync/gate/flow-tree.ts";
import { brokenInvariants } from "#sync/gate/invariants.ts";
import { builtInBrowserFlows, builtInVersions, masterBrowserFlow } from "../../../sync-function/gate/built-in-flows.ts";

const langfuse = { client: "langfuse", scope: "langfuse-gate", role: "langfuse-access", denyMessage: "Not you." };
const settings = { flow: "browser-langfuse", flowToCopy: "browser", generation: 1, gates: [langfuse] };
const facts = {
  clients: { langfuse: "client-1", grafana: "client-2" },
  boundFlow: "browser",
  executions: builtInBrowserFlows["26.7.5"],
  identityProviders: [],
  flows: {},
  ownFlows: [],
};

/** Another name for the flow of the facts, so that expectations can be written down. */
const ALIAS = planGate(facts, settings).tree.alias;
const goodTree = (): Flow => planGate(facts, settings).tree;

describe("the plan of the gate", () => {
  it.each(builtInVersions)("holds on the browser flow of Keycloak %s", (version) => {
    const { tree } = planGate({ ...facts, executions: builtInBrowserFlows[version] }, settings);
    expect(brokenInvariants(tree)).toEqual([]);
  });

  it("holds on the browser flow of the realm master", () => {
    expect(brokenInvariants(planGate({ ...facts, executions: masterBrowserFlow }, settings).tree)).toEqual([]);
  });

  it("is a wrapper of everything that signs people in, and the gate behind it", () => {
    const plan = planGate(facts, settings);
    expect(ALIAS).toMatch(/^browser-langfuse-[0-9a-f]{8}$/);
    expect(plan.marked).toEqual([{ client: "client-1", clientId: "langfuse", scope: "langfuse-gate" }]);
    expect(plan.tree).toMatchObject({
      alias: ALIAS,
      description: "Browser login that admits holders of the role only to clients with the scope langfuse-gate",
      children: [
        { kind: "subflow", alias: `${ALIAS}-sign-in`, requirement: "REQUIRED", priority: 10 },
        {
          kind: "subflow",
          alias: `${ALIAS}-langfuse-gate`,
          requirement: "CONDITIONAL",
          priority: 20,
          children: [
            {
              authenticator: "conditional-client-scope",
              requirement: "REQUIRED",
              config: { alias: `${ALIAS}-langfuse-gate-scope`, values: { client_scope: "langfuse-gate" } },
            },
            {
              authenticator: "conditional-user-role",
              requirement: "REQUIRED",
              config: {
                alias: `${ALIAS}-langfuse-gate-role`,
                values: { condUserRole: "langfuse-access", negate: "true" },
              },
            },
            {
              authenticator: "deny-access-authenticator",
              requirement: "REQUIRED",
              config: { alias: `${ALIAS}-langfuse-gate-deny`, values: { denyErrorMessage: "Not you." } },
            },
          ],
        },
      ],
    });
  });

  it("stays the same when the gate is bound already", () => {
    const again = { ...facts, boundFlow: ALIAS, ownFlows: [ALIAS] };
    expect(planGate(again, settings)).toEqual(planGate(facts, settings));
  });

  it("has one gate behind the other for several clients", () => {
    const grafana = { client: "grafana", scope: "grafana-gate", role: "grafana-access", denyMessage: "Nor you." };
    const { marked, tree } = planGate(facts, { ...settings, gates: [langfuse, grafana] });
    expect(marked.map(({ client, scope }) => [client, scope])).toEqual([
      ["client-1", "langfuse-gate"],
      ["client-2", "grafana-gate"],
    ]);
    expect(tree.children.slice(1).map(({ priority }) => priority)).toEqual([20, 30]);
    expect(brokenInvariants(tree)).toEqual([]);
  });

  const names = (plan: { tree: Flow }): string[] =>
    [...JSON.stringify(plan.tree).matchAll(/"alias":"[^"]+"/g)].map(([name]) => name);
  const drifted = [...facts.executions, { level: 0, requirement: "ALTERNATIVE", providerId: "auth-x509-client" }];
  it.each<[string, Parameters<typeof planGate>]>([
    ["another generation", [facts, { ...settings, generation: 2 }]],
    ["another role", [facts, { ...settings, gates: [{ ...langfuse, role: "another" }] }]],
    ["another scope", [facts, { ...settings, gates: [{ ...langfuse, scope: "another" }] }]],
    ["another message", [facts, { ...settings, gates: [{ ...langfuse, denyMessage: "Nor you." }] }]],
    ["another gate", [facts, { ...settings, gates: [langfuse, { ...langfuse, client: "grafana", scope: "grafana" }] }]],
    ["a copied flow that has changed", [{ ...facts, executions: drifted }, settings]],
    ["another name of the flow", [facts, { ...settings, flow: "browser-gated" }]],
  ])("shares no name with the tree of %s, so that neither edits the other", (_title, args) => {
    const before = names(planGate(facts, settings));
    expect(before.length).toBeGreaterThan(8);
    expect(names(planGate(...args)).filter((name) => before.includes(name))).toEqual([]);
  });

  it("is made while a flow of this stack is bound, whatever it is called", () => {
    const renamed = { ...facts, boundFlow: "former-name-01234567", ownFlows: ["former-name-01234567"] };
    expect(planGate(renamed, settings).tree.alias).toBe(ALIAS);
  });

  it("is refused when the gate of another stack is bound", () => {
    expect(() => planGate({ ...facts, boundFlow: ALIAS }, settings)).toThrow(
      `The realm runs the browser flow "${ALIAS}"`,
    );
  });

  it("is refused when a flow of its own would be copied", () => {
    const own = { ...facts, boundFlow: ALIAS, ownFlows: [ALIAS] };
    expect(() => planGate(own, { ...settings, flowToCopy: ALIAS })).toThrow(
      `gate.flowToCopy is "${ALIAS}", which is a flow of this gate: name the one that was bound before it.`,
    );
  });

  it("is refused when the realm runs a flow that would not be copied", () => {
    expect(() => planGate({ ...facts, boundFlow: "our browser" }, settings)).toThrow(
      'The realm runs the browser flow "our browser", but gate.flowToCopy is "browser": name "our browser" there, so that logins keep the steps they have.',
    );
  });

  it("is refused with every reason when it would not hold", () => {
    const executions = [
      { level: 0, requirement: "ALTERNATIVE", providerId: "auth-cookie" },
      { level: 0, requirement: "REQUIRED", providerId: "auth-username-password-form" },
    ];
    const plan = () => planGate({ ...facts, executions }, { ...settings, gates: [{ ...langfuse, role: "" }] });
    expect(plan).toThrow(
      /^The login gate would not hold:\n {2}- "browser-langfuse-[0-9a-f]{8}-sign-in" mixes ALTERNATIVE with REQUIRED or CONDITIONAL siblings, which the server ignores\n {2}- conditional-user-role has no configuration, so it never matches and the gate is open$/,
    );
  });

  it("is refused when a gate that is appended to a flow of others would not hold", () => {
    const allow = { level: 0, priority: 10, requirement: "REQUIRED", providerId: "allow-access-authenticator" };
    const theirs = {
      identityProviders: [{ alias: "partner", enabled: true, postFlow: "theirs" }],
      flows: { theirs: { builtIn: false, executions: [allow] } },
    };
    const plan = () => planGate({ ...facts, ...theirs }, { ...settings, gates: [{ ...langfuse, role: "" }] });
    expect(plan).toThrow(/(?:never matches and the gate is open.*){2}/s);
  });
});

/** A copy of the tree in which the named sub-flow (or the flow itself) has other children. */
function withChildren(alias: string, change: (children: readonly Element[]) => readonly Element[]): Flow {
  const tree = goodTree();
  const visit = (parent: string, children: readonly Element[]): readonly Element[] => {
    const visited = children.map((child) =>
      child.kind === "subflow" ? { ...child, children: visit(child.alias, child.children) } : child,
    );
    return parent === alias ? change(visited) : visited;
  };
  return { ...tree, children: visit(tree.alias, tree.children) };
}

/** A copy of the tree in which one element is another. */
function withElement(parent: string, index: number, change: (element: Element) => Element): Flow {
  return withChildren(parent, (children) => children.map((child, at) => (at === index ? change(child) : child)));
}

const flow = ALIAS;
const wrapper = `${ALIAS}-sign-in`;
const gate = `${ALIAS}-langfuse-gate`;
const unordered = (alias: string) =>
  `"${alias}" has siblings whose priorities do not ascend from 1, so their order is another one`;
const incomplete = `"${gate}" is not made of scope condition, role condition and refusal, each REQUIRED`;
const wrongWay = `"${gate}" does not refuse exactly those who ask for the scope and lack the role`;
const open = (authenticator: string) =>
  `${authenticator} has no configuration, so it never matches and the gate is open`;
const withValues = (element: Element, values: Record<string, string>): Element =>
  element.kind === "execution" ? { ...element, config: { alias: `${element.authenticator}-c`, values } } : element;
const conditional = (children: readonly Element[]): Subflow => ({
  kind: "subflow",
  alias: "only-conditional",
  requirement: "CONDITIONAL",
  priority: 10,
  children,
});

describe("damage to a good tree is named:", () => {
  it.each<[string, Flow, string]>([
    ["no priority", withElement(wrapper, 0, (child) => ({ ...child, priority: 0 })), unordered(wrapper)],
    ["the same priority twice", withElement(wrapper, 1, (child) => ({ ...child, priority: 10 })), unordered(wrapper)],
    ["a refusal before its conditions", withElement(gate, 2, (child) => ({ ...child, priority: 5 })), unordered(gate)],
    ["a gate before the wrapper", withElement(flow, 1, (child) => ({ ...child, priority: 5 })), unordered(flow)],
    [
      "a required step among alternatives",
      withElement(wrapper, 0, (child) => ({ ...child, requirement: "REQUIRED" })),
      `"${wrapper}" mixes ALTERNATIVE with REQUIRED or CONDITIONAL siblings, which the server ignores`,
    ],
    [
      "a wrapper of nothing but conditional steps",
      withChildren(wrapper, () => [conditional([])]),
      `"${wrapper}" has nothing but conditional steps: whoever skips them all cannot log in`,
    ],
    [
      "an alias that breaks an address",
      withElement(flow, 0, (child) => ({ ...child, alias: "sign/in" })),
      'the alias "sign/in" has characters that break the provider\'s URLs',
    ],
    [
      "an alias that is too long",
      withElement(flow, 0, (child) => ({ ...child, alias: "a".repeat(256) })),
      `the alias "${"a".repeat(256)}" has characters that break the provider's URLs`,
    ],
    [
      "one alias for two sub-flows",
      withElement(wrapper, 3, (child) => ({ ...child, alias: `${ALIAS}-organization` })),
      `"${flow}" uses an alias twice`,
    ],
    [
      "one alias for two configurations",
      withElement(gate, 2, (child) => ({ ...child, config: { alias: `${gate}-scope`, values: {} } })),
      `"${flow}" uses an alias of a configuration twice`,
    ],
    [
      "a description that is too long",
      { ...goodTree(), description: "d".repeat(256) },
      `the description of "${flow}" is longer than 255 characters`,
    ],
    [
      "a gate for everybody",
      withElement(flow, 1, (child) => ({ ...child, requirement: "REQUIRED" })),
      `"${flow}" does not end in a CONDITIONAL gate`,
    ],
    ["no gate", withChildren(flow, (children) => children.slice(0, 1)), `"${flow}" does not end in a CONDITIONAL gate`],
    [
      "a gate that is followed by something",
      withChildren(flow, (children) => [
        ...children,
        { kind: "execution", authenticator: "user-session-limits", requirement: "REQUIRED", priority: 30 },
      ]),
      `"${flow}" does not end in a CONDITIONAL gate`,
    ],
    ["a gate without refusal", withChildren(gate, (children) => children.slice(0, 2)), incomplete],
    ["a gate without scope condition", withChildren(gate, (children) => children.slice(1)), incomplete],
    [
      "a gate with a step too many",
      withChildren(gate, (children) => [
        ...children,
        { kind: "execution", authenticator: "allow-access-authenticator", requirement: "REQUIRED", priority: 40 },
      ]),
      incomplete,
    ],
    [
      "a role condition that need not be met",
      withElement(gate, 1, (child) => ({ ...child, requirement: "CONDITIONAL" })),
      incomplete,
    ],
    [
      "a role condition the wrong way round",
      withElement(gate, 1, (child) => withValues(child, { condUserRole: "langfuse-access" })),
      wrongWay,
    ],
    [
      "a scope condition the wrong way round",
      withElement(gate, 0, (child) => withValues(child, { client_scope: "langfuse-gate", negate: "true" })),
      wrongWay,
    ],
    [
      "a scope condition without configuration",
      withElement(gate, 0, (child) => withValues(child, {})),
      open("conditional-client-scope"),
    ],
    [
      "a role condition without role",
      withElement(gate, 1, (child) => withValues(child, { condUserRole: "", negate: "true" })),
      open("conditional-user-role"),
    ],
  ])("%s", (_title, tree, sentence) => {
    expect(brokenInvariants(tree)).toEqual([sentence]);
  });

  it("no step that must succeed before the gate", () => {
    expect(brokenInvariants(withElement(flow, 0, (child) => ({ ...child, requirement: "CONDITIONAL" })))).toContain(
      `"${flow}" has no REQUIRED step before its gate, so there is nobody whose role could be checked`,
    );
  });
});
