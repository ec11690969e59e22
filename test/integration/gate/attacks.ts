import { Browser, type Page } from "#local/browser/browser.ts";
import { type Form, readForms } from "#local/browser/html.ts";
import { requestTokens, type Tokens } from "#local/browser/tokens.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import type { CompanyServer } from "./gated-realm.ts";
import type { Mailbox } from "./mailbox.ts";
import {
  arrivalAt,
  authorisationUrl,
  codeOf,
  open,
  requestOf,
  secretsOf,
  signIn,
  tokensFor,
  type VisitedClient,
  type Visitor,
} from "./sign-in.ts";
import { verdictOf, walk } from "./walk.ts";

/** Somebody who tries to get a code, or a token, of a client in a way that nobody meant. */
export interface Attempt extends Visitor {
  readonly admin: KeycloakAdmin;
  readonly realm: string;
  readonly client: VisitedClient;
  /** A client that lets them in. */
  readonly elsewhere: VisitedClient;
  /** Address of their account. */
  readonly email: string;
  readonly mailbox: Mailbox;
}

type Verdict = "allowed" | "denied";

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

/** The link of an invitation to an organization, opened for this client; the code may go elsewhere, and is this client's. */
export async function acceptInvitation(attempt: Attempt, organization: string): Promise<Verdict> {
  const { admin, realm, issuer, client, email, mailbox } = attempt;
  const person = { email, firstName: "Ivo", lastName: "Invited" };
  const path = `/realms/${realm}/organizations/${organization}/members/invite-user`;
  await admin.post(path, new URLSearchParams(person));
  const link = await mailbox.linkFor(email, `/realms/${realm}`);
  if (!link) throw new Error(`no mail to ${email}`);
  for (const [name, value] of Object.entries(requestOf(client))) link.searchParams.set(name, value);
  const browser = new Browser();
  const page = await browser.get(link);
  const password = `${email}-password`;
  const typed = { ...person, username: email, password, "password-confirm": password };
  const end = await browser.follow({ page, form: formOf(page), typed }, arrivalAt(client));
  const places = "halted" in end ? [end.halted] : end.visited;
  const code = places.map(({ searchParams }) => searchParams.get("code")).find((found) => found !== null);
  if (code === undefined) return verdictOf(end);
  return await tokensFor(issuer, client, { grant_type: "authorization_code", code, redirect_uri: client.redirectUri });
}

/** The cookies of a session that an administrator begins as somebody else, and where they come from. */
export async function impersonation(
  { admin, url, realm, signIn: administrator }: CompanyServer,
  username: string,
): Promise<[URL, string[]]> {
  const form = { grant_type: "password", client_id: "admin-cli", ...administrator };
  const granted = await requestTokens(`${url}/realms/master`, form);
  if (granted.kind !== "tokens") throw new Error(`no tokens: ${granted.error}`);
  const users = `/realms/${realm}/users`;
  const [user] = await admin.get<{ id: string }[]>(users, { username, exact: true });
  const at = new URL(`${url}/admin${users}/${user?.id}/impersonation`);
  const answer = await fetch(at, {
    method: "POST",
    headers: { authorization: `Bearer ${granted.tokens.access_token}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`no impersonation: ${answer.status}`);
  return [at, answer.headers.getSetCookie()];
}

function formOf(page: Page): Form {
  const [form] = readForms(page.body);
  if (!form) throw new Error(`no form at ${page.url.pathname}: status ${page.status}`);
  return form;
}

/** Where the first form of a page goes. */
const actionOf = (page: Page): URL => new URL(formOf(page).action, page.url);

async function mailed(mailbox: Mailbox, email: string): Promise<URL> {
  const link = await mailbox.linkFor(email);
  if (!link) throw new Error(`no mail to ${email}`);
  return link;
}

/** "Click here to proceed". */
function proceedIn(page: Page): URL {
  const [, address] = /href="([^"]*action-token[^"]*)"/.exec(page.body) ?? [];
  if (address === undefined) throw new Error(`nothing to proceed to at ${page.url.pathname}: status ${page.status}`);
  return new URL(address.replaceAll("&amp;", "&"), page.url);
}

/** What the person gets where they are let in. */
async function tokensElsewhere(attempt: Attempt): Promise<Tokens> {
  const { issuer, elsewhere } = attempt;
  const code = codeOf(await signIn(new Browser(), attempt, elsewhere)) ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: elsewhere.redirectUri };
  const answer = await requestTokens(issuer, { ...secretsOf(elsewhere), ...form });
  if (answer.kind !== "tokens") throw new Error(`no tokens elsewhere: ${answer.error}`);
  return answer.tokens;
}
