import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { exchangeCode, readClaims, requestTokens } from "#local/browser/tokens.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { companyRealm, people, wiki } from "#local/keycloak/company.ts";
import { createRealm, deleteRealm, exportRealm } from "#local/keycloak/realm.ts";
import { assignRoles, removeRoles } from "#local/keycloak/roles.ts";
import { type BorrowedKeycloak, borrowKeycloak } from "#test/keycloak.ts";

const langfuseUrl = "http://127.0.0.1:3000";
let keycloak: BorrowedKeycloak;
let admin: KeycloakAdmin;

beforeAll(async () => {
  keycloak = await borrowKeycloak();
  admin = keycloak.admin;
  await createRealm(admin, companyRealm({ langfuseUrl, langfuseClientSecret: "langfuse-secret" }));
}, 600_000);
afterAll(() => keycloak?.stop(), 60_000);

const issuer = () => `${admin.url}/realms/company`;
const toWiki = () => ({ issuer: issuer(), clientId: wiki.clientId, redirectUri: wiki.redirectUri });
const toLangfuse = () => ({
  issuer: issuer(),
  clientId: "langfuse",
  redirectUri: `${langfuseUrl}/api/auth/callback/keycloak`,
});

describe("a person's browser", () => {
  test("gets a code with the right password, and the code is worth tokens", async () => {
    const outcome = await authorise(new Browser(), toLangfuse(), people.direct);
    if (outcome.kind !== "code") throw new Error(`no code: ${JSON.stringify(outcome)}`);
    const exchanged = await exchangeCode(outcome, "langfuse-secret");
    if (exchanged.kind !== "tokens") throw new Error(`no tokens: ${JSON.stringify(exchanged)}`);
    expect(readClaims(exchanged.tokens.id_token ?? "")).toMatchObject({
      iss: issuer(),
      aud: "langfuse",
      email: people.direct.email,
      email_verified: true,
      name: "Dora Direct",
    });
    expect(await exchangeCode(outcome, "langfuse-secret")).toMatchObject({ kind: "error", error: "invalid_grant" });
  });

  test("reads Keycloak's message after a wrong password", async () => {
    const outcome = await authorise(new Browser(), toWiki(), { ...people.direct, password: "wrong" });
    expect(outcome).toEqual({ kind: "refused", status: 200, message: "Invalid username or password." });
  });

  test("reads Keycloak's message for a disabled person", async () => {
    const outcome = await authorise(new Browser(), toWiki(), people.disabled);
    expect(outcome).toMatchObject({ kind: "refused", message: expect.stringMatching(/disabled/) });
  });

  test("reads Keycloak's error page for a redirect address that is not registered", async () => {
    const elsewhere = { ...toWiki(), redirectUri: "http://example.com/callback" };
    const outcome = await authorise(new Browser(), elsewhere, people.direct);
    expect(outcome).toEqual({ kind: "refused", status: 400, message: "Invalid parameter: redirect_uri" });
  });

  test("enters a second application by its session, without a form", async () => {
    const browser = new Browser();
    expect(await authorise(browser, toWiki())).toEqual({ kind: "login-form" });
    expect(await authorise(browser, toWiki(), people.nested)).toMatchObject({ kind: "code" });
    expect(await authorise(browser, toLangfuse())).toMatchObject({ kind: "code" });
    expect(await authorise(new Browser(), toLangfuse())).toEqual({ kind: "login-form" });
  });

  test("is told login_required when prompt=none finds no session, and enters when there is one", async () => {
    const browser = new Browser();
    const quiet = { ...toLangfuse(), prompt: "none" } as const;
    expect(await authorise(browser, quiet)).toMatchObject({ kind: "error", error: "login_required" });
    await authorise(browser, toWiki(), people.direct);
    expect(await authorise(browser, quiet)).toMatchObject({ kind: "code" });
  });

  test("gets no token for a password alone", async () => {
    const form = { grant_type: "password", client_id: wiki.clientId, client_secret: wiki.secret, ...people.direct };
    expect(await requestTokens(issuer(), form)).toMatchObject({ kind: "error", error: "unauthorized_client" });
  });

  test("gets tokens of the address it came by", async () => {
    const other = admin.url.replace("127.0.0.1", "localhost");
    const outcome = await authorise(new Browser(), { ...toWiki(), issuer: `${other}/realms/company` }, people.direct);
    if (outcome.kind !== "code") throw new Error(`no code: ${JSON.stringify(outcome)}`);
    const exchanged = await exchangeCode(outcome, wiki.secret);
    if (exchanged.kind !== "tokens") throw new Error(`no tokens: ${JSON.stringify(exchanged)}`);
    expect(readClaims(exchanged.tokens.access_token).iss).toBe(`${other}/realms/company`);
  });
});

describe("the example company", () => {
  const roles = {
    users: { [people.direct.username]: ["viewer"] },
    groups: { "/engineering": ["viewer"] },
    composites: { "team-lead": ["viewer"] },
  };

  async function effectiveRoles(username: string): Promise<string[]> {
    const [user] = await admin.get<{ id: string }[]>("/realms/company/users", { username, exact: true });
    const held = await admin.get<{ name: string }[]>(`/realms/company/users/${user?.id}/role-mappings/realm/composite`);
    return held.map(({ name }) => name).sort();
  }

  test("gives a role in three ways, and is as it was found when they are taken back", async () => {
    const found = await exportRealm(admin, "company");
    await admin.post("/realms/company/roles", { name: "viewer" });
    await assignRoles(admin, "company", roles);
    for (const { username } of [people.direct, people.nested, people.composite])
      expect(await effectiveRoles(username)).toContain("viewer");
    expect(await effectiveRoles(people.nobody.username)).not.toContain("viewer");
    expect(await exportRealm(admin, "company")).not.toEqual(found);

    await removeRoles(admin, "company", roles);
    expect(await effectiveRoles(people.direct.username)).not.toContain("viewer");
    await admin.delete("/realms/company/roles/viewer");
    expect(await exportRealm(admin, "company")).toEqual(found);
  });

  test("has everybody in the realm's default roles and among the employees", async () => {
    expect(await effectiveRoles(people.nobody.username)).toEqual(
      expect.arrayContaining(["default-roles-company", "employee", "offline_access"]),
    );
  });

  test("is equal to another of the same name made later", async () => {
    const twin = () => companyRealm({ name: "twin", langfuseUrl, langfuseClientSecret: "secret" });
    await createRealm(admin, twin());
    const first = await exportRealm(admin, "twin");
    await deleteRealm(admin, "twin");
    await createRealm(admin, twin());
    expect(await exportRealm(admin, "twin")).toEqual(first);
    await deleteRealm(admin, "twin");
  });

  test("shows a changed authentication flow", async () => {
    const found = await exportRealm(admin, "company");
    const flow = { alias: "extra", providerId: "basic-flow", topLevel: true, builtIn: false };
    const id = await admin.create("/realms/company/authentication/flows", flow);
    expect(await exportRealm(admin, "company")).not.toEqual(found);
    await admin.delete(`/realms/company/authentication/flows/${id}`);
    expect(await exportRealm(admin, "company")).toEqual(found);
  });
});
