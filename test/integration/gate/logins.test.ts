import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { launchChromium } from "#local/browser/chromium.ts";
import { people, wiki } from "#local/keycloak/company.ts";
import { assignRoles, removeRoles } from "#local/keycloak/roles.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { checkGate } from "#sync/gate/check.ts";
import type { Path, Person } from "#sync/gate/login.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { simulate } from "#sync/gate/simulation.ts";
import { BROWSER, configuration, configured, type Repair, realmSetting } from "./damage.ts";
import {
  accountOf,
  addRedirectUri,
  denyMessage,
  type GatedRealm,
  langfuse,
  otpPeople,
  otpSecret,
  partners,
  specification,
  startGatedRealm,
} from "./gated-realm.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { seeLogin } from "./sight.ts";
import { refreshed, type Visit, visit } from "./visit.ts";

const access = ["langfuse-access"];
const credentialsOf = (username: string) => ({ username, password: `${username}-password` });

/** Everybody, with what the simulator is told of them. */
const cast: Readonly<Record<string, { username: string; facts: Person }>> = {
  "with the role": { username: people.direct.username, facts: { enabled: true, roles: access, otp: false } },
  "with the role by group": { username: people.nested.username, facts: { enabled: true, roles: access, otp: false } },
  "with the role by composite": {
    username: people.composite.username,
    facts: { enabled: true, roles: access, otp: false },
  },
  "without the role": { username: people.nobody.username, facts: { enabled: true, roles: [], otp: false } },
  disabled: { username: people.disabled.username, facts: { enabled: false, roles: access, otp: false } },
  "with role and second factor": { username: otpPeople.otpHolder, facts: { enabled: true, roles: access, otp: true } },
  "with a second factor only": { username: otpPeople.otpNobody, facts: { enabled: true, roles: [], otp: true } },
};
const directHolders: readonly string[] = [people.direct.username, people.disabled.username, otpPeople.otpHolder];
const paths: readonly Path[] = [
  "password",
  "session",
  "silent",
  "reauthentication",
  "reset-credentials",
  "direct-grant",
  "device",
];

describe.each(["26.7.5", "26.4.7"])("logins at a gated realm of Keycloak %s", (version) => {
  let realm: GatedRealm;
  let model: RealmModel;

  beforeAll(async () => {
    realm = await startGatedRealm(version);
    model = await realm.model();
  }, 600_000);
  afterAll(async () => {
    await realm?.stop();
  }, 60_000);

  const visitOf = (client: typeof langfuse | typeof wiki, username: string): Visit => ({
    issuer: realm.issuer,
    client,
    elsewhere: wiki,
    credentials: credentialsOf(username),
    otpSecret: Object.values<string>(otpPeople).includes(username) ? otpSecret : undefined,
  });

  test("the check finds nothing wrong, but an old server", () => {
    const findings = checkGate(model, specification);
    expect(findings.map(({ severity, invariant }) => `${severity} ${invariant}`)).toEqual(
      version === "26.7.5" ? [] : ["warning 26"],
    );
  });

  describe.each([langfuse, wiki])("to $clientId", (client) => {
    test.each(Object.keys(cast))("a person %s ends on every path as simulated", async (name) => {
      const found = cast[name];
      if (!found) throw new Error(name);
      const real: Record<string, string> = {};
      const simulated: Record<string, string> = {};
      for (const path of paths) {
        real[path] = await visit(path, visitOf(client, found.username));
        simulated[path] = simulate(model, { client: client.clientId, person: found.facts, path }).outcome;
      }
      expect(real).toEqual(simulated);
    });

    test.each<[string, string, Person]>([
      ["who is linked to a holder of the role", partners.linked, { enabled: true, roles: access, otp: false }],
      ["whom the realm has not seen", partners.stranger, { enabled: true, roles: [], otp: false }],
    ])("a partner's person %s ends as simulated, the first time and later", async (_title, username, person) => {
      const login = { client: client.clientId, person, path: "broker", identityProvider: "partner" } as const;
      const { outcome } = simulate(model, login);
      const brokered = { ...visitOf(client, username), identityProvider: "partner" };
      expect([await visit("broker", brokered), await visit("broker", brokered)]).toEqual([outcome, outcome]);
    });
  });

  describe.each(["", "true"])('where the realm lets people reset their password, with force-login "%s",', (force) => {
    let mailbox: Mailbox;
    let open: RealmModel;
    const repairs: Repair[] = [];

    beforeAll(async () => {
      mailbox = await startMailbox();
      const smtpServer = { host: "127.0.0.1", port: String(mailbox.port), from: "keycloak@example.com" };
      repairs.push(await realmSetting({ smtpServer, resetPasswordAllowed: true })(realm));
      const values: Record<string, string> = force === "" ? {} : { "force-login": force };
      repairs.push(await configured("reset credentials", "reset-credential-email", values)(realm));
      open = await realm.model();
    });
    afterAll(async () => {
      for (const repair of repairs.reverse()) await repair();
      await mailbox.stop();
    });

    test.each(["with the role", "without the role", "disabled"])("a person %s ends as simulated", async (name) => {
      const found = cast[name];
      if (!found) throw new Error(name);
      for (const client of [langfuse, wiki]) {
        const login = { client: client.clientId, person: found.facts, path: "reset-credentials" } as const;
        const real = await visit(login.path, { ...visitOf(client, found.username), mailbox });
        expect(`${client.clientId} ${real}`).toBe(`${client.clientId} ${simulate(open, login).outcome}`);
      }
    });

    test("the check tells whether the link opens the gate", () => {
      const facts = checkGate(open, specification).map(({ fact }) => fact);
      const opening = facts.filter((fact) => fact.includes("reset their password"));
      expect(opening).toHaveLength(force === "true" ? 0 : 1);
    });
  });

  test.each([langfuse, wiki])(
    "tokens of everybody are renewed at $clientId after the loss of the role",
    async (client) => {
      for (const { username, facts } of Object.values(cast)) {
        const held = { users: { [username]: access } };
        const account = await accountOf(realm, username);
        // Whoever could not get tokens now had the role, or was enabled, when they did.
        await assignRoles(realm.admin, realm.realm, held);
        await account.set({ enabled: true });
        const real = await refreshed(visitOf(client, username), async () => {
          await removeRoles(realm.admin, realm.realm, held);
          await account.set({ enabled: facts.enabled });
        });
        const now = { ...facts, roles: [] };
        const { outcome } = simulate(model, { client: client.clientId, person: now, path: "refresh" });
        expect(`${username} ${real}`).toBe(`${username} ${outcome}`);
        if (directHolders.includes(username)) await assignRoles(realm.admin, realm.realm, held);
      }
    },
  );

  test("whoever lacks the role reads Keycloak's own page with the message of the gate", async () => {
    const request = { issuer: realm.issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
    const outcome = await authorise(new Browser(), request, credentialsOf(people.nobody.username));
    expect(outcome).toMatchObject({ kind: "refused", status: 401, message: denyMessage });
  });

  test("a message that is a key of the realm's texts is shown in the language of the page", async () => {
    const path = `/realms/${realm.realm}/localization`;
    await realm.admin.post(`${path}/de`, { langfuseDenied: "Kein Zugang" });
    await realm.admin.post(`${path}/en`, { langfuseDenied: "No access" });
    const locales = { internationalizationEnabled: true, supportedLocales: ["en", "de"], defaultLocale: "en" };
    const repairs = [
      await realmSetting(locales)(realm),
      await configuration(BROWSER, "deny-access-authenticator", { denyErrorMessage: "langfuseDenied" })(realm),
    ];
    const request = { issuer: realm.issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
    const shown: unknown[] = [];
    for (const ui_locales of ["de", "en"]) {
      const inLocale = { ...request, parameters: { ui_locales } };
      const outcome = await authorise(new Browser(), inLocale, credentialsOf(people.nobody.username));
      shown.push(outcome.kind === "refused" && outcome.message);
    }
    for (const repair of repairs) await repair();
    expect(shown).toEqual(["Kein Zugang", "No access"]);
  });

  test("in Chromium the admitted see Langfuse, and the refused Keycloak's own page", async () => {
    const server = await startLangfuse({
      login: { issuer: realm.issuer, clientId: langfuse.clientId, clientSecret: langfuse.secret },
    });
    const chromium = await launchChromium();
    try {
      const { url } = server.target;
      await addRedirectUri(realm, `${url}/api/auth/callback/keycloak`);
      const admitted = await seeLogin(chromium, url, people.direct, `gate-admitted-${version}.png`);
      expect(admitted).toMatchObject({ text: expect.stringContaining(people.direct.email), url: { origin: url } });
      const refused = await seeLogin(chromium, url, people.nobody, `gate-refused-${version}.png`);
      expect(refused).toMatchObject({ status: 401, text: expect.stringContaining(denyMessage) });
      expect(refused.url.origin).toBe(new URL(realm.issuer).origin);
    } finally {
      await chromium.close();
      await server.stop();
    }
  });

  test("who lost the role is refused in spite of the session, and keeps the refresh token, as simulated", async () => {
    const { username } = people.direct;
    const request = { issuer: realm.issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
    const browser = new Browser();
    expect(await authorise(browser, request, credentialsOf(username))).toMatchObject({ kind: "code" });
    const lose = { users: { [username]: access } };
    try {
      const real = await refreshed(visitOf(langfuse, username), () => removeRoles(realm.admin, realm.realm, lose));
      const person = { enabled: true, roles: [], otp: false };
      expect(real).toBe(simulate(model, { client: langfuse.clientId, person, path: "refresh" }).outcome);
      expect(await authorise(browser, request)).toMatchObject({ kind: "refused", status: 401 });
    } finally {
      await assignRoles(realm.admin, realm.realm, lose);
    }
  });
});
