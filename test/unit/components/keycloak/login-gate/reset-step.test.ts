import { describe, expect, it } from "vitest";
import { readForcedLogin } from "#components/keycloak/login-gate/reset-step.ts";
import { fakeApi } from "../admin-api-fake.ts";

const executions = "GET /company/authentication/flows/reset%20credentials/executions";
const known = { properties: [{ name: "force-login", defaultValue: "only-federated" }] };
const read = (step: object | undefined, config?: object, description: object = known) =>
  readForcedLogin(
    fakeApi((call) => {
      if (call === "GET /company") return { resetCredentialsFlow: "reset credentials" };
      if (call === executions)
        return [{ id: "e1", providerId: "reset-credentials-choose-user" }, ...(step ? [step] : [])];
      if (call === "GET /company/authentication/config-description/reset-credential-email") return description;
      return call === "GET /company/authentication/config/x1" ? config : undefined;
    }),
    "company",
  );
const ours = { executionId: "e2", alias: "langfuse-gate-force-login", values: { "force-login": "true" } };
const step = { id: "e2", providerId: "reset-credential-email" };
const configured = { ...step, authenticationConfig: "x1" };

describe("a login after the reset of a password", () => {
  it("is declared where the step has no configuration, or ours", async () => {
    expect(await read(step)).toEqual(ours);
    expect(await read(configured, { alias: ours.alias, config: ours.values })).toEqual(ours);
  });

  it("is not declared where the realm's owners have seen to it", async () => {
    expect(await read(configured, { alias: "theirs", config: { "force-login": "true" } })).toBeUndefined();
  });

  it("is refused by a server that would take the setting and do nothing", async () => {
    await expect(read(step, undefined, { properties: [] })).rejects.toThrow(
      "this Keycloak cannot force a login after a reset: use 26.1.1 or newer",
    );
  });

  it("is refused where it would replace a configuration of others, or where there is no such step", async () => {
    await expect(read(configured, { alias: "theirs", config: {} })).rejects.toThrow(
      'has the configuration "theirs" of others: set force-login to "true" in it',
    );
    await expect(read(undefined)).rejects.toThrow("has no step reset-credential-email");
  });
});
