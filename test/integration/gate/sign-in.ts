import type { Browser, Halt, Page } from "#local/browser/browser.ts";
import { requestTokens } from "#local/browser/tokens.ts";
import { type Answers, type Verdict, walk } from "./walk.ts";

export interface VisitedClient {
  readonly clientId: string;
  readonly secret: string;
  readonly redirectUri: string;
}

/** Somebody at a realm. */
export interface Visitor {
  readonly issuer: string;
  readonly answers: Answers;
}

/** Asks for a code, and answers what Keycloak asks for. */
export async function signIn(
  browser: Browser,
  visitor: Visitor,
  client: VisitedClient,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Page | Halt> {
  return await open(browser, authorisationUrl(visitor.issuer, client, parameters), visitor.answers, client);
}

/** The same from an address on. */
export async function open(browser: Browser, url: URL, answers: Answers, client: VisitedClient): Promise<Page | Halt> {
  const arrived = arrivalAt(client);
  return await walk(browser, await browser.follow({ url }, arrived), answers, arrived);
}

export function requestOf({ clientId, redirectUri }: VisitedClient): Record<string, string> {
  return { client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope: "openid" };
}

export function authorisationUrl(
  issuer: string,
  client: VisitedClient,
  parameters: Readonly<Record<string, string>> = {},
  endpoint = "auth",
): URL {
  const url = new URL(`${issuer}/protocol/openid-connect/${endpoint}`);
  url.search = new URLSearchParams({ ...requestOf(client), ...parameters }).toString();
  return url;
}

export const arrivalAt =
  ({ redirectUri }: VisitedClient) =>
  (at: URL): boolean =>
    `${at.origin}${at.pathname}` === redirectUri;

/** The code that the browser was sent away with. */
export function codeOf(end: Page | Halt): string | undefined {
  return "halted" in end ? (end.halted.searchParams.get("code") ?? undefined) : undefined;
}

export const secretsOf = ({ clientId, secret }: VisitedClient) => ({ client_id: clientId, client_secret: secret });

/** Whether the token endpoint gives tokens to a client for a form. */
export async function tokensFor(
  issuer: string,
  client: VisitedClient,
  form: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const answer = await requestTokens(issuer, { ...secretsOf(client), ...form });
  if (answer.kind === "error" && answer.status >= 500) throw new Error(`the token endpoint answered ${answer.status}`);
  return answer.kind === "tokens" ? "allowed" : "denied";
}
