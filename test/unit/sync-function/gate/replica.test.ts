import { describe, expect, it } from "vitest";
import type { Element } from "#sync/gate/flow-tree.ts";
import { type FlatExecution, replicate } from "#sync/gate/replica.ts";
import { builtInBrowserFlows, builtInVersions, masterBrowserFlow } from "./built-in-flows.ts";

/** One line for each element, indented by depth, as a person would draw the tree. */
function drawing(elements: readonly Element[], depth = 0): string[] {
  return elements.flatMap((element) => {
    const name = element.kind === "execution" ? element.authenticator : element.alias;
    const line = `${"  ".repeat(depth)}${name} ${element.requirement} ${element.priority}`;
    return [line, ...(element.kind === "subflow" ? drawing(element.children, depth + 1) : [])];
  });
}

const start = ["auth-cookie ALTERNATIVE 10", "identity-provider-redirector ALTERNATIVE 20"];
const organization = [
  "b-organization ALTERNATIVE 30",
  "  b-browser-conditional-organization CONDITIONAL 10",
  "    conditional-user-configured REQUIRED 10",
  "    organization ALTERNATIVE 20",
];
const secondFactor = [
  "  auth-username-password-form REQUIRED 10",
  "  b-browser-conditional-2fa CONDITIONAL 20",
  "    conditional-user-configured REQUIRED 10",
  "    conditional-credential REQUIRED 20",
  "    auth-otp-form ALTERNATIVE 30",
];
const otp = [
  "  auth-username-password-form REQUIRED 10",
  "  b-browser-conditional-otp CONDITIONAL 20",
  "    conditional-user-configured REQUIRED 10",
  "    auth-otp-form REQUIRED 20",
];

describe("the copy of the browser flow", () => {
  it.each([
    ["of Keycloak 26.0.8", builtInBrowserFlows["26.0.8"], [...organization, "b-forms ALTERNATIVE 40", ...otp]],
    ["of Keycloak 26.4.7", builtInBrowserFlows["26.4.7"], [...organization, "b-forms ALTERNATIVE 40", ...secondFactor]],
    ["of Keycloak 26.7.5", builtInBrowserFlows["26.7.5"], [...organization, "b-forms ALTERNATIVE 40", ...secondFactor]],
    ["of the realm master", masterBrowserFlow, ["b-forms ALTERNATIVE 30", ...secondFactor]],
  ])("%s has every enabled step in its place", (_title, flow, rest) => {
    expect(drawing(replicate("browser", flow, "b"))).toEqual([...start, ...rest]);
  });

  it("carries the configuration of a step over, under an alias of its own", () => {
    const copy = JSON.stringify(replicate("browser", builtInBrowserFlows["26.7.5"], "b"));
    expect(copy).toContain(
      '"config":{"alias":"b-browser-conditional-credential","values":{"credentials":"webauthn-passwordless"}}',
    );
  });

  it.each(builtInVersions)("of Keycloak %s is the same each time", (version) => {
    const copy = () => JSON.stringify(replicate("browser", builtInBrowserFlows[version], "b"));
    expect(copy()).toBe(copy());
  });

  it("leaves out a disabled sub-flow with all that is in it", () => {
    const flow: FlatExecution[] = [
      { level: 0, requirement: "DISABLED", displayName: "Kerberos", authenticationFlow: true },
      { level: 1, requirement: "REQUIRED", providerId: "auth-spnego" },
      { level: 0, requirement: "REQUIRED", providerId: "auth-username-password-form" },
    ];
    expect(drawing(replicate("mine", flow, "b"))).toEqual(["auth-username-password-form REQUIRED 10"]);
  });

  it("keeps sub-flows in sub-flows apart from those beside them", () => {
    const flow: FlatExecution[] = [
      { level: 0, requirement: "REQUIRED", displayName: "Außen / A", authenticationFlow: true },
      { level: 1, requirement: "ALTERNATIVE", displayName: "inner", authenticationFlow: true },
      { level: 2, requirement: "REQUIRED", providerId: "auth-username-form" },
      { level: 2, requirement: "REQUIRED", providerId: "auth-password-form" },
      { level: 1, requirement: "ALTERNATIVE", providerId: "auth-cookie" },
      { level: 0, requirement: "REQUIRED", providerId: "user-session-limits" },
    ];
    expect(drawing(replicate("mine", flow, "b"))).toEqual([
      "b-au-en-a REQUIRED 10",
      "  b-inner ALTERNATIVE 10",
      "    auth-username-form REQUIRED 10",
      "    auth-password-form REQUIRED 20",
      "  auth-cookie ALTERNATIVE 20",
      "user-session-limits REQUIRED 20",
    ]);
  });
});

it("the copies of two sub-flows whose names differ in signs only have names of their own", () => {
  const form = { level: 1, requirement: "REQUIRED", providerId: "auth-username-password-form" };
  const flow: FlatExecution[] = ["A - B", "a_b"].flatMap((displayName) => [
    { level: 0, requirement: "ALTERNATIVE", displayName, authenticationFlow: true },
    form,
  ]);
  const aliases = replicate("mine", flow, "b").map((one) => one.kind === "subflow" && one.alias);
  expect(aliases).toEqual(["b-a-b", "b-a-b-2"]);
});

describe("a flow that cannot be copied", () => {
  it("because it has a form is refused by the name of that", () => {
    const form = { level: 0, requirement: "REQUIRED", displayName: "their form", authenticationFlow: true };
    expect(() => replicate("mine", [{ ...form, providerId: "registration-page-form" }], "b")).toThrow(
      'The flow to copy has the form "their form", which this program cannot copy',
    );
  });

  it.each<[string, FlatExecution[]]>([
    ["is empty", []],
    ["has only disabled steps", [{ level: 0, requirement: "DISABLED", providerId: "auth-cookie" }]],
    [
      "has only a conditional sub-flow",
      [
        { level: 0, requirement: "CONDITIONAL", displayName: "a", authenticationFlow: true },
        { level: 1, requirement: "REQUIRED", providerId: "auth-otp-form" },
      ],
    ],
    [
      "has only a sub-flow whose steps are disabled",
      [
        { level: 0, requirement: "ALTERNATIVE", displayName: "forms", authenticationFlow: true },
        { level: 1, requirement: "DISABLED", providerId: "auth-username-password-form" },
      ],
    ],
    ["only refuses", [{ level: 0, requirement: "REQUIRED", providerId: "deny-access-authenticator" }]],
  ])("because it %s is refused with the key to change", (_title, flow) => {
    expect(() => replicate("mine", flow, "b")).toThrow(
      'The flow "mine" has no enabled step that can sign anybody in, so a copy of it would lock everybody out. Name the flow to copy in gate.flowToCopy.',
    );
  });

  it.each([
    [{ displayName: "Cookie" }, "Cookie"],
    [{ providerId: "auth-cookie" }, "auth-cookie"],
  ])("because a requirement is unknown is refused by the name of its step", (names, shown) => {
    expect(() => replicate("mine", [{ level: 0, requirement: "OPTIONAL", ...names }], "b")).toThrow(
      `The step "${shown}" of the flow to copy has the requirement "OPTIONAL", which this program does not know.`,
    );
  });
});
