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
import {
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

  test("whoever lacks the role reads Keycloak's own page with the message of the gate", async () => {
    const request = { issuer: realm.issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
    const outcome = await authorise(new Browser(), request, credentialsOf(people.nobody.username));
    expect(outcome).toMatchObject({ kind: "refused", status: 401, message: denyMessage });
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
