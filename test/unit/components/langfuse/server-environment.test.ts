import fc from "fast-check";
import { expect, it } from "vitest";
import { plainEnvironment } from "#components/langfuse/server-environment.ts";
import { serverSettingsSchema } from "#components/langfuse/server-settings.ts";
import { signInOf } from "#components/langfuse/sign-in.ts";
import { anyCase, contextOf, problemsOf } from "./server-cases.ts";

it("all settings together are the environment that Langfuse documents", () => {
  const settings = serverSettingsSchema.parse({
    sessions: { maxAgeMinutes: 480 },
    signIn: { enforcedDomains: ["example.com", "example.org"], signUp: false },
    defaultAccess: { role: "VIEWER", project: { role: "MEMBER", id: "p2" } },
    organizationCreators: ["Ann@example.com", "bob@example.com"],
    init: {
      organization: { id: "o2", name: "First" },
      project: { id: "p3", name: "Prompts", publicKey: "pk-lf-1" },
      user: { email: "ann@example.com", name: "Ann" },
    },
  });
  const own = { organizationId: "o1", projectId: "p1" };
  expect(plainEnvironment("https://langfuse.example.com", signInOf(settings, contextOf({})), settings, own)).toEqual({
    NEXTAUTH_URL: "https://langfuse.example.com",
    AUTH_DISABLE_USERNAME_PASSWORD: "true",
    AUTH_DISABLE_SIGNUP: "true",
    AUTH_SESSION_MAX_AGE: "480",
    AUTH_KEYCLOAK_CLIENT_ID: "langfuse",
    AUTH_KEYCLOAK_ISSUER: "https://keycloak.example.com/realms/company",
    AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: "true",
    AUTH_DOMAINS_WITH_SSO_ENFORCEMENT: "example.com,example.org",
    LANGFUSE_DEFAULT_ORG_ID: "o1",
    LANGFUSE_DEFAULT_ORG_ROLE: "VIEWER",
    LANGFUSE_DEFAULT_PROJECT_ID: "p2",
    LANGFUSE_DEFAULT_PROJECT_ROLE: "MEMBER",
    LANGFUSE_ALLOWED_ORGANIZATION_CREATORS: "ann@example.com,bob@example.com",
    LANGFUSE_INIT_ORG_ID: "o2",
    LANGFUSE_INIT_ORG_NAME: "First",
    LANGFUSE_INIT_PROJECT_ID: "p3",
    LANGFUSE_INIT_PROJECT_NAME: "Prompts",
    LANGFUSE_INIT_PROJECT_PUBLIC_KEY: "pk-lf-1",
    LANGFUSE_INIT_USER_EMAIL: "ann@example.com",
    LANGFUSE_INIT_USER_NAME: "Ann",
  });
});

it("whatever is accepted becomes texts under names that Langfuse reads, switches being true or false", () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      fc.pre(problemsOf(one).length === 0);
      const settings = serverSettingsSchema.parse(one.server);
      const own = { organizationId: "o1", projectId: "p1" };
      const environment = plainEnvironment(
        "https://langfuse.example.com",
        signInOf(settings, contextOf(one)),
        settings,
        own,
      );
      for (const [name, value] of Object.entries(environment)) {
        expect(name).toMatch(/^(NEXTAUTH_URL|AUTH_|LANGFUSE_(DEFAULT|INIT|ALLOWED)_)/);
        expect(value).toBeTypeOf("string");
        if (/DISABLE|LINKING/.test(name)) expect(["true", "false"]).toContain(value);
      }
      expect("LANGFUSE_DEFAULT_PROJECT_ID" in environment && !("LANGFUSE_DEFAULT_ORG_ID" in environment)).toBe(false);
    }),
  );
});
