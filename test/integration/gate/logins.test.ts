import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { launchChromium } from "#local/browser/chromium.ts";
import { people, wiki } from "#local/keycloak/company.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { checkGate } from "#sync/gate/check.ts";
import type { Person } from "#sync/gate/login.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { simulate } from "#sync/gate/simulation.ts";
import { appendedGates, BINDINGS } from "#sync/gate/specification.ts";
import { borrowKeycloak } from "#test/keycloak.ts";
import { ATTACKS } from "./attacks.ts";
import { acceptInvitation, impersonation } from "./attempt.ts";
import { BROWSER, boundAtClient, configuration, configured, grants, type Repair, realmSetting } from "./damage.ts";
import { type Documented, documentedLogins } from "./documented.ts";
import {
  addRedirectUri,
  denyMessage,
  type GatedRealm,
  grafana,
  langfuse,
  makeTheirs,
  specification as oneGate,
  partners,
  startGatedRealm,
} from "./gated-realm.ts";
import { Account, type Inhabitant, inhabitants, roles, settle } from "./inhabitants.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { realiseChildren } from "./realiser.ts";
import { seeLogin } from "./sight.ts";
import { signIn, type VisitedClient } from "./sign-in.ts";
import { verdictOf } from "./walk.ts";
import { PHASES, type Phase, WAYS, type Way } from "./ways.ts";

const NEWEST = "26.7.5";
const OLDEST = "26.1.0";

const specification = {
  ...oneGate,
  gates: [...oneGate.gates, { client: grafana.clientId, scope: "grafana-gate", role: roles.grafana, denyMessage }],
};
/** Each with the role that opens its gate; the last has none. */
const clients: readonly (VisitedClient & { readonly role?: string })[] = [
  { ...langfuse, role: roles.langfuse },
  { ...grafana, role: roles.grafana },
  wiki,
];
const otpSecret = "one-time-password-seed";
const documented = await documentedLogins();

test("every way of the documentation is driven, and every way that is driven documented", () => {
  expect(WAYS.map(({ title }) => title).toSorted()).toEqual([...documented.keys()].toSorted());
});

describe.each([NEWEST, OLDEST])("logins at a gated realm of Keycloak %s", (version) => {
  let realm: GatedRealm;
  let mailbox: Mailbox;
  /** Way, person and client of every login so far. */
  const driven: string[] = [];
  const cellOf = ({ title }: Way, { username }: Inhabitant, { clientId }: VisitedClient) =>
    `${title} | ${username} | ${clientId}`;

  beforeAll(async () => {
    realm = await startGatedRealm(await borrowKeycloak(version), specification, makeTheirs);
    await settle(realm, otpSecret);
    mailbox = await startMailbox();
  }, 600_000);
  afterAll(async () => {
    await mailbox?.stop();
    await realm?.stop();
  }, 60_000);

  /** Brings the realm and its clients into a phase. */
  async function enter(phase: Phase): Promise<Repair[]> {
    if (phase === "closed") return [];
    const smtpServer = { host: "127.0.0.1", port: String(mailbox.port), from: "keycloak@example.com" };
    const values: Record<string, string> = phase === "forced" ? { "force-login": "true" } : {};
    return [
      await realmSetting({ smtpServer, resetPasswordAllowed: true })(realm),
      await configured("reset credentials", "reset-credential-email", values)(realm),
      ...(await Promise.all(clients.map(({ clientId }) => grants(clientId)(realm)))),
    ];
  }

  /** What the documentation says of one login. */
  function promised(way: Way, person: Inhabitant, { role }: (typeof clients)[number], model: RealmModel): string {
    // A server that cannot force a login does after a reset as if it were not asked to.
    const isPlain = way.phase === "forced" && model.forceLoginDefault === undefined;
    const row: Documented | undefined = documented.get(
      isPlain ? (WAYS.find(({ path, phase }) => path === way.path && phase === "open")?.title ?? "") : way.title,
    );
    const holds = role !== undefined && person.facts.roles.includes(role);
    const column = role === undefined ? "to another client" : holds ? "with the role" : "without";
    return row?.[person.facts.enabled ? column : "disabled"] ?? "undocumented";
  }

  describe.each(PHASES)("with ways round the gate %s,", (phase) => {
    let model: RealmModel;
    let repairs: Repair[] = [];

    beforeAll(async () => {
      repairs = await enter(phase);
      model = await realm.model();
    });
    afterAll(async () => {
      for (const repair of repairs.reverse()) await repair();
    });

    test.concurrent.each(inhabitants)(
      "$username ends on every way at every client as simulated and documented",
      async (person) => {
        const real: Record<string, string> = {};
        const simulated: Record<string, string> = {};
        const told: Record<string, string> = {};
        const account = new Account(realm, person);
        const answers = { ...person, otpSecret: person.otp ? otpSecret : undefined };
        for (const way of WAYS.filter((one) => one.phase === phase)) {
          for (const client of clients) {
            const cell = cellOf(way, person, client);
            const visit = { issuer: realm.issuer, client, elsewhere: wiki, answers, account, mailbox };
            real[cell] = await way.drive(visit).catch((error) => `failed: ${error}`);
            const facts: Person = way.isAfterLoss ? { ...person.facts, roles: [] } : person.facts;
            const { path, identityProvider } = way;
            simulated[cell] = simulate(model, {
              client: client.clientId,
              person: facts,
              path,
              identityProvider,
            }).outcome;
            told[cell] = promised(way, person, client, model);
            driven.push(cell);
          }
        }
        expect(real).toEqual(simulated);
        expect(real).toEqual(told);
      },
    );

    test("the check names exactly what is open", () => {
      const facts = checkGate(model, specification).filter(({ severity }) => severity === "error");
      const opening = facts.map(({ fact }) => /reset their password|direct access grants/.exec(fact)?.[0]);
      const grant = ["direct access grants", "direct access grants"];
      const canForce = model.forceLoginDefault !== undefined;
      const reset = phase === "open" || !canForce ? ["reset their password"] : [];
      expect(opening).toEqual(phase === "closed" ? [] : [...reset, ...grant]);
    });
  });

  test("no login of the table was left out", () => {
    const product = WAYS.flatMap((way) =>
      inhabitants.flatMap((person) => clients.map((client) => cellOf(way, person, client))),
    );
    expect(driven.toSorted()).toEqual(product.toSorted());
  });

  test("the check warns of nothing but an old server", async () => {
    const findings = checkGate(await realm.model(), specification);
    expect(findings.map(({ severity, invariant }) => `${severity} ${invariant}`)).toEqual(
      version === NEWEST ? [] : ["warning 26"],
    );
  });

  describe.each(BINDINGS)("of somebody without the role, with the flow bound at the %s,", (binding) => {
    const attacker = inhabitants.find(({ row, otp }) => row === "without" && !otp);
    let repairs: Repair[] = [];

    beforeAll(async () => {
      const smtpServer = { host: "127.0.0.1", port: String(mailbox.port), from: "keycloak@example.com" };
      repairs = [await realmSetting({ smtpServer })(realm)];
      if (binding === "client") repairs.push(await boundAtClient(realm));
    });
    afterAll(async () => {
      for (const repair of repairs.reverse()) await repair();
    });

    test.each(ATTACKS)("$title leads to no gated client", async ({ elsewhere, drive }) => {
      if (!attacker) throw new Error("nobody attacks");
      const { email } = attacker;
      const attempt = { ...realm, elsewhere: wiki, answers: attacker, email, mailbox };
      expect(await drive({ ...attempt, client: langfuse })).toBe("denied");
      // The same at a client without a gate shows that the way is one.
      expect(await drive({ ...attempt, client: wiki })).toBe(elsewhere);
    });
  });

  test("an invitation to an organization leads round the gate, which the check names, until registration ends in it", async () => {
    const { admin, realm: name } = realm;
    const smtpServer = { host: "127.0.0.1", port: String(mailbox.port), from: "keycloak@example.com" };
    const repairs = [await realmSetting({ smtpServer, organizationsEnabled: true })(realm)];
    const domains = [{ name: "acme.example" }];
    const acme = await admin.create(`/realms/${name}/organizations`, {
      name: "acme",
      alias: "acme",
      enabled: true,
      domains,
    });
    const come = (client: VisitedClient, email: string) => {
      const answers = { username: email, password: "" };
      return acceptInvitation({ ...realm, client, elsewhere: wiki, answers, email, mailbox }, acme);
    };
    const named = async () =>
      checkGate(await realm.model(), specification).filter(({ fact }) => fact.includes("invited to an organization"))
        .length;
    expect([await come(langfuse, "ida@acme.example"), await named()]).toEqual(["allowed", 1]);

    const gated = "registration with the gate";
    await admin.post(`/realms/${name}/authentication/flows/registration/copy`, { newName: gated });
    await realiseChildren(admin, name, gated, appendedGates(specification, gated, []));
    repairs.push(await realmSetting({ registrationFlow: gated })(realm));
    expect([await come(langfuse, "ivo@acme.example"), await named()]).toEqual(["denied", 0]);
    expect(await come(wiki, "ina@acme.example")).toBe("allowed");
    for (const repair of repairs.reverse()) await repair();
  });

  test("an administrator who impersonates people enters as they would", async () => {
    const outcomes: Record<string, string> = {};
    for (const { username } of inhabitants.filter(({ row, otp }) => ["direct", "without"].includes(row) && !otp)) {
      const browser = new Browser();
      browser.cookies.keep(...(await impersonation(realm, username)));
      const visitor = { issuer: realm.issuer, answers: { username: "", password: "" } };
      outcomes[username] = verdictOf(await signIn(browser, visitor, langfuse, { prompt: "none" }));
    }
    expect(outcomes).toEqual({ direct: "allowed", without: "denied" });
  });

  test("a partner's person whom the realm has not seen gets to clients without a gate only", async () => {
    const credentials = { username: partners.stranger, password: `${partners.stranger}-password` };
    const come = async (client: VisitedClient) =>
      verdictOf(
        await signIn(new Browser(), { issuer: realm.issuer, answers: credentials }, client, { kc_idp_hint: "partner" }),
      );
    expect([await come(langfuse), await come(langfuse), await come(wiki)]).toEqual(["denied", "denied", "allowed"]);
  });

  test("whoever lacks the role reads Keycloak's own page with the message of the gate", async () => {
    const request = { issuer: realm.issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
    const outcome = await authorise(new Browser(), request, people.nobody);
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
      const outcome = await authorise(new Browser(), inLocale, people.nobody);
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
});
