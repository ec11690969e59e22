import { createServer, type Server } from "node:http";
import type { BrowserContext, Browser as Chromium, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "#local/browser/browser.ts";
import { launchChromium } from "#local/browser/chromium.ts";
import { wiki as anyWiki, companyRealm, people } from "#local/keycloak/company.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { checkGate } from "#sync/gate/check.ts";
import type { Path } from "#sync/gate/login.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import { simulate } from "#sync/gate/simulation.ts";
import { borrowKeycloak } from "#test/keycloak.ts";
import {
  langfuse as anyLangfuse,
  type CompanyServer,
  specification as common,
  denyMessage,
  startCompany,
} from "./gated-realm.ts";
import { realiseGate, rowsOf } from "./realiser.ts";
import { PATIENCE } from "./sight.ts";
import { authorisationUrl, signIn, type VisitedClient } from "./sign-in.ts";
import { verdictOf } from "./walk.ts";

const specification = { ...common, accepted: ["organization-invitation"] } as const;
const realm = "house";
let company: CompanyServer;
let model: RealmModel;
/** Under a name and not a number: passkeys belong to names. */
let issuer: string;
/** Stands for both applications. */
let applications: Server;
let langfuse: VisitedClient;
let wiki: VisitedClient;

/** A realm whose browser flow has everything that a copy of the plain one would lack. */
beforeAll(async () => {
  company = await startCompany(await borrowKeycloak());
  const { admin, api, url } = company;
  applications = createServer((_request, response) => response.end("inside"));
  await new Promise<void>((resolve) => applications.listen(0, "127.0.0.1", resolve));
  const address = applications.address();
  if (address === null || typeof address === "string") throw new Error("the applications have no port");
  const langfuseUrl = `http://127.0.0.1:${address.port}`;
  langfuse = { ...anyLangfuse, redirectUri: `${langfuseUrl}/api/auth/callback/keycloak` };
  wiki = { ...anyWiki, redirectUri: `${langfuseUrl}/wiki/callback` };
  await createRealm(admin, {
    ...companyRealm({ name: realm, langfuseUrl, langfuseClientSecret: langfuse.secret }),
    organizationsEnabled: true,
    webAuthnPolicyPasswordlessPasskeysEnabled: true,
    webAuthnPolicyPasswordlessRequireResidentKey: "Yes",
    webAuthnPolicyPasswordlessUserVerificationRequirement: "required",
  });
  const kerberos = (await rowsOf(admin, realm, "browser")).find(({ providerId }) => providerId === "auth-spnego");
  await admin.put(`/realms/${realm}/authentication/flows/browser/executions`, {
    ...kerberos,
    requirement: "ALTERNATIVE",
  });
  await admin.post(`/realms/${realm}/organizations`, {
    name: "acme",
    alias: "acme",
    enabled: true,
    domains: [{ name: "acme.example" }],
  });
  await admin.post(`/realms/${realm}/roles`, { name: "langfuse-access" });
  await assignRoles(admin, realm, { users: { [people.direct.username]: ["langfuse-access"] } });
  await realiseGate(admin, api, realm, specification);
  model = await readRealmModel(api, realm, specification);
  issuer = `${url.replace("127.0.0.1", "localhost")}/realms/${realm}`;
}, 600_000);
afterAll(async () => {
  applications?.close();
  await company?.stop();
}, 60_000);

const holder = { person: people.direct, facts: { enabled: true, roles: ["langfuse-access"], otp: false } };
const nobody = { person: people.nobody, facts: { enabled: true, roles: [], otp: false } };
const ways: readonly [title: string, path: Path, hasSession: boolean, parameters: Record<string, string>][] = [
  ["a password", "password", false, {}],
  ["a session", "session", true, {}],
  ["a session, asked for silently", "silent", true, { prompt: "none" }],
  ["a session, asked for with the organization", "session", true, { scope: "openid organization" }],
  ["a password, asked for with an organization", "password", false, { scope: "openid organization:*" }],
];

describe("with organizations, passkeys and Kerberos in the copied flow", () => {
  test("the gate stands, and its flow has all of them", () => {
    expect(checkGate(model, specification).filter(({ severity }) => severity === "error")).toEqual([]);
    const copied = JSON.stringify(model.flows[model.bindings.browser]);
    for (const step of ["auth-spnego", '"organization"', "conditional-credential"]) expect(copied).toContain(step);
  });

  test.each(ways)("a login with %s ends as simulated", async (_title, path, hasSession, parameters) => {
    const real: Record<string, string> = {};
    const simulated: Record<string, string> = {};
    for (const { person, facts } of [holder, nobody]) {
      for (const client of [langfuse, wiki]) {
        const cell = `${person.username} at ${client.clientId}`;
        const browser = new Browser({ trusted: ["localhost"] });
        const visitor = { issuer, answers: person };
        if (hasSession) await signIn(browser, visitor, wiki);
        real[cell] = verdictOf(await signIn(browser, visitor, client, parameters));
        simulated[cell] = simulate(model, { client: client.clientId, person: facts, path }).outcome;
      }
    }
    expect(real).toEqual(simulated);
    expect(Object.values(real)).toEqual(["allowed", "allowed", "denied", "allowed"]);
  });

  describe("in Chromium", () => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await launchChromium();
    });
    afterAll(async () => {
      await chromium?.close();
    });

    test.each([
      { title: "with the role", person: people.direct, end: "inside" },
      { title: "without the role", person: people.nobody, end: "refused" },
    ])("a passkey takes somebody $title to the wiki, and at Langfuse they are $end", async ({ person, end }) => {
      const context = await chromium.newContext();
      context.setDefaultTimeout(PATIENCE);
      try {
        const page = await withAuthenticator(context);
        await registerPasskey(page, person);
        expect(await signInByPasskey(page, wiki)).toBe("inside");
        expect(await signInByPasskey(page, langfuse)).toBe(end);
      } finally {
        await context.close();
      }
    });
  });
});

/** A page in a browser that makes and uses passkeys by itself. */
async function withAuthenticator(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  page.on("dialog", (dialog) => void dialog.accept("passkey"));
  return page;
}

/** Signs in with the password, and registers a passkey on the way. */
async function registerPasskey(
  page: Page,
  { username, password }: (typeof people)[keyof typeof people],
): Promise<void> {
  await page.goto(authorisationUrl(issuer, wiki, { kc_action: "webauthn-register-passwordless" }).href);
  await page.fill("#username", username);
  await page.press("#username", "Enter");
  await page.fill("#password", password);
  await page.press("#password", "Enter");
  await page.click("#registerWebAuthn");
  await page.waitForURL(/\/callback/);
}

/** Signs in without a session and without a password: the form asks the browser for a passkey by itself. */
async function signInByPasskey(page: Page, client: VisitedClient): Promise<"inside" | "refused"> {
  await page.context().clearCookies();
  await page.goto(authorisationUrl(issuer, client).href);
  return await Promise.race([
    page.waitForURL(/\/callback[^?]*\?.*\bcode=/).then(() => "inside" as const),
    page
      .getByText(denyMessage)
      .waitFor()
      .then(() => "refused" as const),
  ]);
}
