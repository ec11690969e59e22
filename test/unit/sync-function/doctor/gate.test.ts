import { describe, expect, it } from "vitest";
import { examineGate, examineRealmGate } from "#sync/doctor/gate.ts";
import { AccessError } from "#sync/errors.ts";
import { specification } from "../gate/gated-model.ts";

const never = new AbortController().signal;

describe("the doctor and the login gate", () => {
  it("says that it was not looked at without an account that may", async () => {
    expect(await examineGate({}, never)).toMatchObject([{ severity: "info", fact: "not looked at" }]);
  });

  it("tells what is missing of the account", async () => {
    expect(await examineGate({ GATE_KEYCLOAK_SECRET: "hidden" }, never)).toMatchObject([
      { severity: "error", kind: "usage", fact: expect.stringContaining("KEYCLOAK_URL is not set") },
    ]);
  });

  it("does not look where the settings say that there is none", async () => {
    const environment = {
      KEYCLOAK_URL: "http://127.0.0.1:1",
      KEYCLOAK_REALM: "company",
      GATE_KEYCLOAK_SECRET: "hidden",
      GATE_SETTINGS: '{"enabled":false}',
    };
    expect(await examineGate(environment, never)).toMatchObject([{ severity: "info" }]);
  });

  it("tells a realm that cannot be read", async () => {
    const fail = () =>
      Promise.reject(new AccessError("unauthorised", "Keycloak: GET /admin answered 403; ask for rights"));
    expect(await examineRealmGate({ send: fail, version: fail }, "company", specification)).toMatchObject([
      { severity: "error", fact: "Keycloak: GET /admin answered 403", remedy: "ask for rights" },
    ]);
  });
});
