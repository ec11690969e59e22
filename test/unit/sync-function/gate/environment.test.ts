import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGateEnvironment } from "#sync/gate/environment.ts";
import { gateDocument, gateSettingsSchema, gateSpecification } from "#sync/gate/settings.ts";
import { BINDINGS, BYPASSES } from "#sync/gate/specification.ts";

const complete = {
  KEYCLOAK_URL: "https://keycloak.example.com",
  KEYCLOAK_REALM: "company",
  GATE_KEYCLOAK_SECRET: "hidden",
};
const read = (changes: Record<string, string | undefined>) => readGateEnvironment({ ...complete, ...changes });

describe("the environment of gate commands", () => {
  it("needs three variables, and takes the gate's defaults for the rest", () => {
    expect(read({})).toMatchObject({
      realm: "company",
      signIn: { realm: "master", clientId: "admin-cli", secret: "hidden" },
      specification: { flow: "browser-langfuse", gates: [{ client: "langfuse", role: "langfuse-access" }] },
      isEnabled: true,
    });
  });

  it("takes the stack's settings of the gate, and the client beside them", () => {
    const settings = JSON.stringify({ client: "traces", role: "entry", enabled: false, acceptedBypasses: ["ciba"] });
    expect(read({ GATE_SETTINGS: settings })).toMatchObject({
      specification: { gates: [{ client: "traces", role: "entry" }], accepted: ["ciba"] },
      isEnabled: false,
    });
  });

  it("reads from a stack's own document the very gates that the stack declares", () => {
    const alias = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,59}$/);
    const role = fc.stringMatching(/^[a-z][^./?#%\s]{0,20}$/);
    const text = fc.string({ minLength: 1, maxLength: 255 });
    const other = fc.record({ client: text, role, scope: alias, denyMessage: text });
    const settings = fc.record(
      {
        enabled: fc.boolean(),
        role,
        adoptRole: fc.boolean(),
        scope: alias,
        flow: alias,
        flowToCopy: text,
        generation: fc.integer({ min: 1, max: 9999 }),
        binding: fc.constantFrom(...BINDINGS),
        acceptedBypasses: fc.subarray([...BYPASSES]),
        forceLoginAfterReset: fc.boolean(),
        allowEmpty: fc.boolean(),
        denyMessage: text,
        others: fc.array(other, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, text, (values, client) => {
        const declared = gateSettingsSchema.parse(values);
        expect(read({ GATE_SETTINGS: gateDocument(declared, client) })).toMatchObject({
          isEnabled: declared.enabled,
          specification: gateSpecification(declared, client),
        });
      }),
    );
  });

  it.each(["{", "[]", "null", '"gate"'])("refuses %j for settings, and says where to take them from", (text) => {
    expect(() => read({ GATE_SETTINGS: text })).toThrow(/GATE_SETTINGS.*pulumi stack output gateSettings/);
  });

  it("tells everything that is wrong at once, and no value that may be secret", () => {
    const wrong = { KEYCLOAK_URL: "keycloak", KEYCLOAK_REALM: undefined, GATE_SETTINGS: '{"role":"a.b","x":1}' };
    let message = "";
    try {
      read(wrong);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("KEYCLOAK_URL is no address");
    expect(message).toContain("KEYCLOAK_REALM is not set");
    expect(message).toContain("GATE_SETTINGS role: use a name");
    expect(message).not.toContain("hidden");
  });
});
