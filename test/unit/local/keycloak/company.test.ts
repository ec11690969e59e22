import { describe, expect, test } from "vitest";
import { companyRealm, people } from "#local/keycloak/company.ts";

const langfuse = { langfuseUrl: "http://127.0.0.1:3000", langfuseClientSecret: "secret" };

describe("companyRealm", () => {
  test("sends people back to Langfuse's callback and to nowhere else", () => {
    const client = companyRealm(langfuse).clients?.find(({ clientId }) => clientId === "langfuse");
    expect(client).toMatchObject({
      publicClient: false,
      directAccessGrantsEnabled: false,
      redirectUris: ["http://127.0.0.1:3000/api/auth/callback/keycloak"],
    });
  });

  test("has one account for each person, with a verified address of example.com", () => {
    const users = companyRealm(langfuse).users ?? [];
    expect(users.map(({ username }) => username).sort()).toEqual(
      Object.values(people)
        .map(({ username }) => username)
        .sort(),
    );
    for (const user of users) {
      expect(user.email).toMatch(/^[a-z.]+@example\.com$/);
      expect(user.emailVerified).toBe(true);
    }
  });

  test("names the default role after the realm", () => {
    const [user] = companyRealm({ ...langfuse, name: "Other" }).users ?? [];
    expect(user?.realmRoles).toContain("default-roles-other");
  });
});
