import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type GatePlan, planGate } from "#components/keycloak/login-gate/gate-plan.ts";
import { LoginGate } from "#components/keycloak/login-gate/login-gate.ts";
import { RealmRoles } from "#components/keycloak/realm-roles.ts";
import { appendedGates, postBrokerFlow } from "#sync/gate/specification.ts";
import { builtInBrowserFlows } from "../../../sync-function/gate/built-in-flows.ts";
import { deploy, find, type Registered, resolved } from "../../deployment.ts";

describe("the login gate", () => {
  const plan = planGate(
    {
      clients: { langfuse: "client-1" },
      boundFlow: "browser",
      executions: builtInBrowserFlows["26.7.5"],
      identityProviders: [],
      flows: {},
      ownFlows: [],
    },
    {
      flow: "gated",
      flowToCopy: "browser",
      generation: 1,
      gates: [{ client: "langfuse", scope: "marker", role: "langfuse-access", denyMessage: "Not you." }],
    },
  );
  const { alias } = plan.tree;
  const role = pulumi.output("the role's own name");
  const declare = (changes: Partial<GatePlan> = {}) =>
    deploy(() => {
      const after = [new RealmRoles("roles", { realmId: "company", gateRole: "access", owner: "a/dev", roles: [] })];
      const given = { realm: "company", role, plan: { ...plan, ...changes }, owner: "a/dev", after };
      return new LoginGate("gate", given);
    });
  const isElement = ({ type }: Registered) => /^keycloak:authentication\/(subflow|execution)/.test(type);

  it("is one chain from the marker to the binding, in which each element waits for the one before", async () => {
    const { resources } = await declare();
    const flow = find(resources, "Flow");
    const elements = resources.filter(isElement);
    expect(elements.length).toBe(21);
    expect(flow.dependsOn).toContain("gate-marker-on-langfuse");
    // The first one needs the flow for its parent's alias.
    for (const [index, element] of elements.entries()) {
      expect(element.dependsOn).toContain(elements[index - 1]?.name ?? flow.name);
    }
    expect(find(resources, "BrowserFlowBinding").dependsOn).toContain(elements.at(-1)?.name);
  });

  it("waits for the roles, because whoever may enter must hold one by then", async () => {
    const { resources } = await declare();
    expect(find(resources, "Flow").dependsOn).toContain("roles-access");
  });

  it("refuses nobody while one gate of it is half made, nor while it is taken away in reverse order", async () => {
    const { resources } = await declare();
    const inGate = resources
      .filter(isElement)
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${alias}-marker`));
    expect(inGate.map((name) => name.slice(alias.length + 1))).toEqual([
      "marker",
      "marker-deny-access-authenticator-30",
      "marker-deny",
      "marker-conditional-user-role-20",
      "marker-conditional-client-scope-10",
      "marker-scope",
      "marker-role",
    ]);
  });

  it("puts every element under the flow or sub-flow it belongs to", async () => {
    const { resources } = await declare();
    const parents = resources
      .filter(isElement)
      .filter(({ inputs }) => inputs.parentFlowAlias)
      .map(({ inputs }) => `${inputs.alias ?? inputs.authenticator} in ${inputs.parentFlowAlias}`);
    expect(parents.map((line) => line.replaceAll(alias, "gated"))).toEqual([
      "gated-sign-in in gated",
      "auth-cookie in gated-sign-in",
      "identity-provider-redirector in gated-sign-in",
      "gated-organization in gated-sign-in",
      "gated-browser-conditional-organization in gated-organization",
      "conditional-user-configured in gated-browser-conditional-organization",
      "organization in gated-browser-conditional-organization",
      "gated-forms in gated-sign-in",
      "auth-username-password-form in gated-forms",
      "gated-browser-conditional-2fa in gated-forms",
      "conditional-user-configured in gated-browser-conditional-2fa",
      "conditional-credential in gated-browser-conditional-2fa",
      "auth-otp-form in gated-browser-conditional-2fa",
      "gated-marker in gated",
      "deny-access-authenticator in gated-marker",
      "conditional-user-role in gated-marker",
      "conditional-client-scope in gated-marker",
    ]);
  });

  it("takes the role from the role's resource", async () => {
    const { resources } = await declare();
    expect(find(resources, "ExecutionConfig", `${alias}-marker-role`).inputs.config).toEqual({
      condUserRole: "the role's own name",
      negate: "true",
    });
  });

  it("says the requirement and the priority of every element", async () => {
    const { resources } = await declare();
    const steps = resources.filter(isElement).filter(({ type }) => !type.endsWith(":ExecutionConfig"));
    for (const { inputs } of steps) {
      expect(inputs.requirement).toMatch(/^(REQUIRED|ALTERNATIVE|CONDITIONAL)$/);
      expect(inputs.priority).toBeGreaterThan(0);
    }
  });

  it("marks the client, without a trace in its tokens", async () => {
    const { resources } = await declare();
    expect(find(resources, "ClientScope").inputs).toMatchObject({ name: "marker", includeInTokenScope: false });
    expect(find(resources, "DefaultScope").inputs).toMatchObject({
      realm: "company",
      client: "client-1",
      scopeId: "gate-marker-id",
      scopeName: "marker",
    });
  });

  it("bound at the clients touches no other login, and is not bound for the realm", async () => {
    const specification = { ...plan.specification, binding: "client" } as const;
    const { resources } = await declare({ specification });
    expect(find(resources, "ClientFlowOverride").inputs).toMatchObject({ client: "client-1", flowId: `${alias}-id` });
    expect(find(resources, "ClientFlowOverride").dependsOn).toContain(resources.filter(isElement).at(-1)?.name);
    expect(resources.filter(({ type }) => type.endsWith(":BrowserFlowBinding"))).toEqual([]);
  });

  it("says in everything that has a description which stack made it", async () => {
    const { resources } = await declare();
    for (const type of ["Flow", "ClientScope"]) {
      expect(find(resources, type).inputs.description).toMatch(/^\[a\/dev\] /);
    }
  });

  it("protects nothing, so that one run can switch it off", async () => {
    const { resources } = await declare();
    expect(resources.filter((one) => one.protect)).toEqual([]);
  });

  it("is other resources throughout when anything in it changes, but for the markers and the binding", async () => {
    const names = async (changes?: Partial<GatePlan>) => (await declare(changes)).resources.map(({ name }) => name);
    const changed = { ...plan.tree, alias: "gated-00000000" };
    const text = JSON.stringify(plan.tree).replaceAll(alias, changed.alias);
    const [before, after] = [await names(), await names({ tree: JSON.parse(text) })];
    expect(before.filter((name) => after.includes(name))).toEqual([
      ...["roles", "gate", "roles-access", "gate-marker", "gate-marker-on-langfuse", "gate-binding", "gate-check"],
    ]);
  });

  it("has all its parts under it, each of a name of its own", async () => {
    const { result, resources } = await declare();
    const parts = resources.filter(({ name }) => name !== "gate" && !name.startsWith("roles"));
    expect(new Set(parts.map(({ parent }) => parent))).toEqual(new Set(["gate"]));
    expect(new Set(parts.map(({ type, name }) => `${type} ${name}`)).size).toBe(parts.length);
    expect(await Promise.all(result.flowAliases.map(resolved))).toEqual([alias]);
  });

  describe("in a realm with identity providers", () => {
    const specification = {
      flow: "gated",
      flowToCopy: "browser",
      generation: 2,
      gates: [{ client: "langfuse", scope: "marker", role: "langfuse-access", denyMessage: "Not you." }],
    };
    const postBroker = {
      flow: postBrokerFlow(specification),
      identityProviders: ["partner", "vendor"],
      appended: [{ flow: "their flow", gates: appendedGates(specification, "their flow", []) }],
    };

    it("sets its own flow on each when all of it stands", async () => {
      const { result, resources } = await declare({ postBroker });
      const flows = resources.filter(({ type }) => type.endsWith(":IdentityProviderPostFlow"));
      expect(flows.map(({ inputs }) => [inputs.identityProvider, inputs.flow])).toEqual([
        ["partner", postBroker.flow.alias],
        ["vendor", postBroker.flow.alias],
      ]);
      for (const flow of flows) {
        expect(flow.dependsOn).toContain(resources.filter(isElement).at(-1)?.name);
      }
      expect(await Promise.all(result.flowAliases.map(resolved))).toEqual([alias, postBroker.flow.alias, "their flow"]);
    });

    it("appends the gate to a flow of others, behind everything, the refusal last", async () => {
      const { resources } = await declare({ postBroker });
      expect(find(resources, "Subflow", postBroker.appended[0]?.gates[0]?.alias).inputs).toMatchObject({
        parentFlowAlias: "their flow",
        requirement: "CONDITIONAL",
        priority: 1000,
      });
      const gate = postBroker.appended[0]?.gates[0]?.alias;
      const inside = resources.filter(({ inputs }) => inputs.parentFlowAlias === gate);
      expect(inside.map(({ inputs }) => [inputs.authenticator, inputs.priority])).toEqual([
        ["deny-access-authenticator", 30],
        ["conditional-user-role", 20],
        ["conditional-client-scope", 10],
      ]);
    });
  });
});
