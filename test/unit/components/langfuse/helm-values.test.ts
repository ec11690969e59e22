import { describe, expect, it } from "vitest";
import { helmValues } from "#components/langfuse/helm-values.ts";

const secret = (keys: readonly string[]) => ({ name: "langfuse-secrets", keys });
const reference = (key: string) => ({ secretKeyRef: { name: "langfuse-secrets", key } });

describe("values for the chart of Langfuse", () => {
  it("put everything where the chart looks for it, and nothing there twice", () => {
    const plain = {
      NEXTAUTH_URL: "https://langfuse.example.com",
      AUTH_DISABLE_USERNAME_PASSWORD: "true",
      AUTH_DISABLE_SIGNUP: "false",
      AUTH_KEYCLOAK_CLIENT_ID: "langfuse",
      AUTH_KEYCLOAK_ISSUER: "https://keycloak.example.com/realms/company",
      AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: "true",
      AUTH_DOMAINS_WITH_SSO_ENFORCEMENT: "example.com",
      LANGFUSE_DEFAULT_ORG_ID: "o1",
      LANGFUSE_ALLOWED_ORGANIZATION_CREATORS: "ann@example.com,bob@example.com",
    };
    const keys = ["NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY", "ADMIN_API_KEY", "AUTH_KEYCLOAK_CLIENT_SECRET"];
    expect(helmValues(plain, secret(keys), "c1")).toEqual({
      langfuse: {
        pod: { annotations: { "langfuse-access/checksum": "c1" } },
        nextauth: { url: "https://langfuse.example.com", secret: reference("NEXTAUTH_SECRET") },
        salt: reference("SALT"),
        encryptionKey: reference("ENCRYPTION_KEY"),
        features: { signUpDisabled: false },
        allowedOrganizationCreators: ["ann@example.com", "bob@example.com"],
        auth: {
          disableUsernamePassword: true,
          providers: {
            keycloak: {
              clientId: "langfuse",
              clientSecret: reference("AUTH_KEYCLOAK_CLIENT_SECRET"),
              issuer: "https://keycloak.example.com/realms/company",
              // A boolean false would become an empty variable in the chart.
              allowAccountLinking: "true",
            },
          },
        },
        additionalEnv: [
          { name: "AUTH_DOMAINS_WITH_SSO_ENFORCEMENT", value: "example.com" },
          { name: "LANGFUSE_DEFAULT_ORG_ID", value: "o1" },
          { name: "ADMIN_API_KEY", valueFrom: reference("ADMIN_API_KEY") },
        ],
      },
    });
  });

  it("know a custom provider by the same rule", () => {
    const plain = { AUTH_CUSTOM_NAME: "SSO", AUTH_CUSTOM_SCOPE: "openid email", AUTH_CUSTOM_CLIENT_ID: "x" };
    expect(helmValues(plain, secret(["AUTH_CUSTOM_CLIENT_SECRET"]), "c1").langfuse).toMatchObject({
      auth: {
        providers: {
          custom: {
            name: "SSO",
            scope: "openid email",
            clientId: "x",
            clientSecret: reference("AUTH_CUSTOM_CLIENT_SECRET"),
          },
        },
      },
    });
  });
});
