import { describe, expect, it } from "vitest";
import { parseEnvironment } from "#local/langfuse/environment.ts";
import { DEFAULT_LOGIN } from "#local/langfuse/login/options.ts";

describe("the environment of the stand-in", () => {
  it("leaves every default when nothing is set", () => {
    expect(parseEnvironment({ PATH: "/bin" })).toEqual({
      externalUrl: undefined,
      adminApiKey: undefined,
      login: DEFAULT_LOGIN,
    });
  });

  it("reads the variables of the real server", () => {
    const options = parseEnvironment({
      NEXTAUTH_URL: "https://langfuse.example",
      ADMIN_API_KEY: "admin",
      AUTH_KEYCLOAK_ISSUER: "https://keycloak.example/realms/r",
      AUTH_KEYCLOAK_CLIENT_ID: "id",
      AUTH_KEYCLOAK_CLIENT_SECRET: "secret",
      AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: "true",
      AUTH_DISABLE_SIGNUP: "true",
      LANGFUSE_DEFAULT_ORG_ID: "one, two",
      LANGFUSE_DEFAULT_ORG_ROLE: "NONE",
      LANGFUSE_DEFAULT_PROJECT_ID: "three",
      LANGFUSE_DEFAULT_PROJECT_ROLE: "ADMIN",
    });
    expect(options).toEqual({
      externalUrl: "https://langfuse.example",
      adminApiKey: "admin",
      login: {
        issuer: "https://keycloak.example/realms/r",
        clientId: "id",
        clientSecret: "secret",
        allowAccountLinking: true,
        disableSignUp: true,
        defaultOrganizationIds: ["one", "two"],
        defaultOrganizationRole: "NONE",
        defaultProjectIds: ["three"],
        defaultProjectRole: "ADMIN",
      },
    });
  });

  it("names the variable that is wrong", () => {
    expect(() => parseEnvironment({ LANGFUSE_DEFAULT_ORG_ROLE: "owner" })).toThrow("LANGFUSE_DEFAULT_ORG_ROLE");
  });
});
