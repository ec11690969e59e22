import { expect, it } from "vitest";
import { bootstrapConfiguration } from "#sync/bootstrap/configuration.ts";

const complete = { LANGFUSE_URL: "http://langfuse", LANGFUSE_ORG_ID: "organization-1", ADMIN_API_KEY: "admin-key" };

it("takes the variables, and a default name for the Secret", () => {
  expect(bootstrapConfiguration(complete)).toEqual({
    langfuseUrl: "http://langfuse",
    organizationId: "organization-1",
    adminApiKey: "admin-key",
    secretName: "langfuse-organization-key",
  });
});

it("takes a secret from a file, without the line break at its end", () => {
  const { ADMIN_API_KEY: _, ...rest } = complete;
  const environment = { ...rest, ADMIN_API_KEY_FILE: "/key" };
  expect(bootstrapConfiguration(environment, () => "from-file\n").adminApiKey).toBe("from-file");
});

it("names everything that is wrong, and no secret", () => {
  const environment = {
    LANGFUSE_URL: "nowhere",
    ADMIN_API_KEY: "a",
    ADMIN_API_KEY_FILE: "/b",
    BOOTSTRAP_SECRET: "A_B",
  };
  expect(() => bootstrapConfiguration(environment)).toThrow(
    [
      "LANGFUSE_ORG_ID is not set; set it to id of the organization that gets the key, or LANGFUSE_ORG_ID_FILE to a file that holds it",
      "ADMIN_API_KEY and ADMIN_API_KEY_FILE are both set; keep one of them",
      'LANGFUSE_URL is "nowhere"; write http:// or https:// and a host',
      'BOOTSTRAP_SECRET is "A_B"; use lower-case letters, digits, "-" and ".", as Kubernetes wants',
    ].join("\n"),
  );
});
