import { Browser, type Page } from "#local/browser/browser.ts";
import { type Form, readForms } from "#local/browser/html.ts";
import { requestTokens, type Tokens } from "#local/browser/tokens.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import type { CompanyServer } from "./gated-realm.ts";
import type { Mailbox } from "./mailbox.ts";
import {
  arrivalAt,
  codeOf,
  requestOf,
  secretsOf,
  signIn,
  tokensFor,
  type VisitedClient,
  type Visitor,
} from "./sign-in.ts";
import { type Verdict, verdictOf } from "./walk.ts";

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

export function formOf(page: Page): Form {
  const [form] = readForms(page.body);
  if (!form) throw new Error(`no form at ${page.url.pathname}: status ${page.status}`);
  return form;
}

/** Where the first form of a page goes. */
export const actionOf = (page: Page): URL => new URL(formOf(page).action, page.url);

export async function mailed(mailbox: Mailbox, email: string): Promise<URL> {
  const link = await mailbox.linkFor(email);
  if (!link) throw new Error(`no mail to ${email}`);
  return link;
}

/** "Click here to proceed". */
export function proceedIn(page: Page): URL {
  const [, address] = /href="([^"]*action-token[^"]*)"/.exec(page.body) ?? [];
  if (address === undefined) throw new Error(`nothing to proceed to at ${page.url.pathname}: status ${page.status}`);
  return new URL(address.replaceAll("&amp;", "&"), page.url);
}

/** What the person gets where they are let in. */
export async function tokensElsewhere(attempt: Attempt): Promise<Tokens> {
  const { issuer, elsewhere } = attempt;
  const code = codeOf(await signIn(new Browser(), attempt, elsewhere)) ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: elsewhere.redirectUri };
  const answer = await requestTokens(issuer, { ...secretsOf(elsewhere), ...form });
  if (answer.kind !== "tokens") throw new Error(`no tokens elsewhere: ${answer.error}`);
  return answer.tokens;
}
