import { Browser } from "#local/browser/browser.ts";
import { type Attempt, actionOf, formOf, mailed, proceedIn, tokensElsewhere } from "./attempt.ts";
import { arrivalAt, authorisationUrl, codeOf, open, requestOf, secretsOf, signIn, tokensFor } from "./sign-in.ts";
import { type Verdict, verdictOf, walk } from "./walk.ts";

export interface Attack {
  readonly title: string;
  /** What comes of it at a client without a gate, which shows whether the way leads anywhere at all. */
  readonly elsewhere: Verdict;
  drive(attempt: Attempt): Promise<Verdict>;
}

/** A login with these parameters, in a browser with the session of another client and in one without. */
const parameters = (
  title: string,
  values: Readonly<Record<string, string>>,
  elsewhere: Verdict = "allowed",
): Attack[] =>
  [true, false].map((hasSession) => ({
    title: hasSession ? `${title}, with a session` : title,
    elsewhere,
    drive: async (attempt) => {
      const browser = new Browser();
      if (hasSession) await signIn(browser, attempt, attempt.elsewhere);
      return verdictOf(await signIn(browser, attempt, attempt.client, values));
    },
  }));

export const ATTACKS: readonly Attack[] = [
  ...parameters("no scope at all", { scope: "" }, "denied"),
  ...parameters("a scope without OpenID", { scope: "email" }),
  ...parameters(
    "scopes that take nothing away",
    { scope: "openid -langfuse-gate !langfuse-gate langfuse-gate:none" },
    "denied",
  ),
  ...parameters("an optional scope", { scope: "openid phone" }),
  ...parameters("offline access", { scope: "openid offline_access" }),
  ...parameters("the lowest level of authentication", { acr_values: "0" }),
  ...parameters("a claim for a level of authentication", {
    claims: JSON.stringify({ id_token: { acr: { essential: true, values: ["1"] } } }),
  }),
  ...parameters("prompt=login", { prompt: "login" }),
  ...parameters("prompt=consent", { prompt: "consent" }),
  ...parameters("prompt=select_account", { prompt: "select_account" }),
  ...parameters("the name of a holder as hint", { login_hint: "dora.direct" }),
  ...parameters("a request for another password", { kc_action: "UPDATE_PASSWORD" }),
  {
    title: "a request that was pushed before",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { issuer, client, answers } = attempt;
      const pushed = await fetch(`${issuer}/protocol/openid-connect/ext/par/request`, {
        method: "POST",
        body: new URLSearchParams({ ...secretsOf(client), ...requestOf(client) }),
      });
      const { request_uri = "" } = (await pushed.json()) as Record<string, string>;
      const url = new URL(`${issuer}/protocol/openid-connect/auth`);
      url.search = new URLSearchParams({ client_id: client.clientId, request_uri }).toString();
      return verdictOf(await open(new Browser(), url, answers, client));
    },
  },
  {
    title: "a request object with a scope of its own",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const { issuer, client } = attempt;
      const claims = { ...requestOf(client), scope: "openid email", iss: client.clientId, aud: issuer };
      return verdictOf(
        await signIn(new Browser(), attempt, client, { request: `${part({ alg: "none" })}.${part(claims)}.` }),
      );
    },
  },
  {
    title: "a form that was open before a session began elsewhere",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { client, answers } = attempt;
      const browser = new Browser();
      const form = await browser.get(authorisationUrl(attempt.issuer, client));
      await signIn(browser, attempt, attempt.elsewhere);
      return verdictOf(await walk(browser, form, answers, arrivalAt(client)));
    },
  },
  {
    title: "a login that is begun again",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { issuer, client, answers } = attempt;
      const browser = new Browser();
      const form = await browser.get(authorisationUrl(issuer, client));
      const restart = new URL(`${issuer}/login-actions/restart`);
      restart.search = actionOf(form).search;
      restart.searchParams.delete("session_code");
      restart.searchParams.delete("execution");
      return verdictOf(await open(browser, restart, answers, client));
    },
  },
  {
    title: "the action of another client's login, sent to the tab of this one",
    elsewhere: "denied",
    drive: async (attempt) => {
      const { issuer, client, elsewhere, answers } = attempt;
      const browser = new Browser();
      const tab = actionOf(await browser.get(authorisationUrl(issuer, client))).searchParams;
      // Signed in at the other client, and asked for a new password before the code.
      const start = await browser.get(authorisationUrl(issuer, elsewhere, { kc_action: "UPDATE_PASSWORD" }));
      const { username, password } = answers;
      const page = await browser.submit(start, formOf(start), { username, password });
      const form = formOf(page);
      const action = new URL(form.action, page.url);
      for (const name of ["client_id", "tab_id", "client_data"]) action.searchParams.set(name, tab.get(name) ?? "");
      const typed = { "password-new": password, "password-confirm": password };
      const end = await browser.follow({ page, form: { ...form, action: action.href }, typed }, arrivalAt(client));
      return codeOf(end) === undefined ? "denied" : "allowed";
    },
  },
  {
    title: "the code of another client",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { issuer, client, elsewhere } = attempt;
      const code = codeOf(await signIn(new Browser(), attempt, elsewhere)) ?? "";
      const form = { grant_type: "authorization_code", code, redirect_uri: elsewhere.redirectUri };
      return await tokensFor(issuer, client, form);
    },
  },
  {
    title: "the refresh token of another client",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { refresh_token = "" } = await tokensElsewhere(attempt);
      return await tokensFor(attempt.issuer, attempt.client, { grant_type: "refresh_token", refresh_token });
    },
  },
  {
    title: "the token of another client in exchange",
    elsewhere: "denied",
    drive: async (attempt) =>
      await tokensFor(attempt.issuer, attempt.client, {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: (await tokensElsewhere(attempt)).access_token,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      }),
  },
  {
    title: "a permission for this client",
    elsewhere: "denied",
    drive: async (attempt) => {
      const { access_token } = await tokensElsewhere(attempt);
      const grant_type = "urn:ietf:params:oauth:grant-type:uma-ticket";
      const answer = await fetch(`${attempt.issuer}/protocol/openid-connect/token`, {
        method: "POST",
        headers: { authorization: `Bearer ${access_token}` },
        body: new URLSearchParams({ grant_type, audience: attempt.client.clientId }),
        signal: AbortSignal.timeout(30_000),
      });
      return answer.ok ? "allowed" : "denied";
    },
  },
  {
    title: "a login by another device",
    elsewhere: "denied",
    drive: async ({ issuer, client, answers }) =>
      await tokensFor(issuer, client, {
        grant_type: "urn:openid:params:grant-type:ciba",
        auth_req_id: "none",
        login_hint: answers.username,
      }),
  },
  {
    title: "a registration",
    elsewhere: "denied",
    drive: async ({ issuer, client }) => {
      const url = authorisationUrl(issuer, client, {}, "registrations");
      return verdictOf(await new Browser().follow({ url }, arrivalAt(client)));
    },
  },
  {
    title: "the link to actions that an administrator asks for",
    elsewhere: "denied",
    drive: async (attempt) => {
      const { admin, realm, client, answers, email, mailbox } = attempt;
      const users = `/realms/${realm}/users`;
      const [user] = await admin.get<{ id: string }[]>(users, { username: answers.username, exact: true });
      const query = new URLSearchParams({ client_id: client.clientId, redirect_uri: client.redirectUri });
      await admin.put(`${users}/${user?.id}/execute-actions-email?${query}`, ["UPDATE_PASSWORD"]);
      const browser = new Browser();
      const page = await browser.get(await mailed(mailbox, email));
      const end = await open(browser, proceedIn(page), answers, client);
      if (codeOf(end) !== undefined) return "allowed";
      // Nor is there a session now.
      return verdictOf(await signIn(browser, attempt, client, { prompt: "none" }));
    },
  },
  {
    title: "the link that proves an address, opened for this client in another browser",
    elsewhere: "denied",
    drive: async (attempt) => {
      const { admin, realm, client, elsewhere, answers, email, mailbox } = attempt;
      const users = `/realms/${realm}/users`;
      const [user] = await admin.get<{ id: string }[]>(users, { username: answers.username, exact: true });
      const path = `${users}/${user?.id}`;
      await admin.put(path, { ...user, emailVerified: false, requiredActions: ["VERIFY_EMAIL"] });
      try {
        await signIn(new Browser(), attempt, elsewhere);
        const link = await mailed(mailbox, email);
        link.searchParams.set("client_id", client.clientId);
        link.searchParams.delete("client_data");
        const browser = new Browser();
        const end = await open(browser, proceedIn(await browser.get(link)), answers, client);
        return codeOf(end) === undefined ? "denied" : "allowed";
      } finally {
        await admin.put(path, { ...user, emailVerified: true, requiredActions: [] });
      }
    },
  },
  {
    title: "many requests while a session begins elsewhere",
    elsewhere: "allowed",
    drive: async (attempt) => {
      const { client, elsewhere } = attempt;
      const browser = new Browser();
      const ends = await Promise.all([
        signIn(browser, attempt, elsewhere),
        ...Array.from({ length: 12 }, () => signIn(browser, attempt, client, { prompt: "none" })),
      ]);
      ends.push(
        ...(await Promise.all(Array.from({ length: 4 }, () => signIn(browser, attempt, client, { prompt: "none" })))),
      );
      return ends.slice(1).some((end) => codeOf(end) !== undefined) ? "allowed" : "denied";
    },
  },
];
