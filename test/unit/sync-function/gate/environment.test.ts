import { describe, expect, it } from "vitest";
import { readGateEnvironment } from "#sync/gate/environment.ts";

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
