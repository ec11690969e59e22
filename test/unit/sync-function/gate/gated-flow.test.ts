import { describe, expect, it } from "vitest";
import type { Element, Execution, Subflow } from "#sync/gate/flow-tree.ts";
import { endsInGates } from "#sync/gate/gated-flow.ts";
import { appendedGates } from "#sync/gate/specification.ts";
import { specification } from "./gated-model.ts";

const { gates } = specification;
const form: Element = { kind: "subflow", alias: "form", requirement: "REQUIRED", priority: 10, children: [] };
const [gate] = appendedGates(specification, "registration", [form]);
if (!gate) throw new Error("no gate");

/** The gate with one of its executions changed. */
function damaged(authenticator: string, change: Partial<Execution>): Subflow {
  const children = (gate as Subflow).children.map((child) =>
    child.kind === "execution" && child.authenticator === authenticator ? { ...child, ...change } : child,
  );
  return { ...(gate as Subflow), children };
}
const values = (config: Readonly<Record<string, string>>) => ({ config: { alias: "c", values: config } });

describe("a flow of others", () => {
  it("ends in the gate, whatever that is called there", () => {
    expect(endsInGates([form, { ...gate, alias: "by hand" }], gates)).toBe(true);
  });

  it.each<[string, readonly Element[]]>([
    ["is empty", []],
    ["has no gate", [form]],
    ["has nothing before it", [gate]],
    ["has it before the form", [gate, form]],
    ["goes on behind it", [form, gate, { ...form, alias: "more", priority: 2000 }]],
    ["has it switched off", [form, { ...gate, requirement: "DISABLED" }]],
    ["has it for everybody", [form, { ...gate, requirement: "REQUIRED" }]],
    ["has it beside an alternative", [{ ...form, requirement: "ALTERNATIVE" }, { ...form, alias: "b" }, gate]],
    ["refuses nobody", [form, damaged("deny-access-authenticator", { requirement: "DISABLED" })]],
    ["asks for another scope", [form, damaged("conditional-client-scope", values({ client_scope: "x" }))]],
    [
      "asks for the scope's absence",
      [form, damaged("conditional-client-scope", values({ client_scope: "marker", negate: "true" }))],
    ],
    ["asks for another role", [form, damaged("conditional-user-role", values({ condUserRole: "x", negate: "true" }))]],
    ["refuses holders", [form, damaged("conditional-user-role", values({ condUserRole: "access" }))]],
    ["has a condition without settings", [form, damaged("conditional-user-role", { config: undefined } as never)]],
  ])("does not end in the gate when it %s", (_title, children) => {
    expect(endsInGates(children, gates)).toBe(false);
  });

  it("ends in all gates or in none", () => {
    const second = { client: "wiki", scope: "wiki-gate", role: "reader", denyMessage: "Nor you." };
    const both = { ...specification, gates: [...gates, second] };
    expect(endsInGates([form, ...appendedGates(both, "registration", [form])], both.gates)).toBe(true);
    expect(endsInGates([form, gate], both.gates)).toBe(false);
  });
});
