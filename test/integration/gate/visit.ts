import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type AuthorisationOutcome, authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { readForms } from "#local/browser/html.ts";
import type { Credentials } from "#local/browser/keycloak-page.ts";
import { requestTokens } from "#local/browser/tokens.ts";
import type { Path } from "#sync/gate/login.ts";
import type { Mailbox } from "./mailbox.ts";

export interface VisitedClient {
  readonly clientId: string;
  readonly secret: string;
  readonly redirectUri: string;
}

export interface Visit {
  readonly issuer: string;
  readonly client: VisitedClient;
  /** The client at which a session is begun, for paths that have one. */
  readonly elsewhere: VisitedClient;
  readonly credentials: Credentials;
  readonly otpSecret?: string | undefined;
  readonly identityProvider?: string;
  /** Takes the mails of a realm that sends some. */
  readonly mailbox?: Mailbox;
}

/** Drives one login as a person's browser does, and tells whether it ended inside. */
export async function visit(path: Path, visited: Visit): Promise<"allowed" | "denied"> {
  const { issuer, client, elsewhere, credentials } = visited;
  const to = ({ clientId, redirectUri }: VisitedClient) => ({ issuer, clientId, redirectUri });
  const browser = new Browser();
  const password = (target: VisitedClient, parameters: Readonly<Record<string, string>> = {}) =>
    signIn(browser, { ...to(target), parameters }, visited);
  switch (path) {
    case "password":
      return verdict(await password(client));
    case "session":
      await password(elsewhere);
      return verdict(await authorise(browser, to(client)));
    case "silent":
      await password(elsewhere);
      return verdict(await authorise(browser, { ...to(client), prompt: "none" }));
    case "reauthentication":
      await password(elsewhere);
      // The server counts whole seconds: within the same one, nobody is asked again.
      await sleep(1_100);
      return verdict(await password(client, { max_age: "0" }));
    case "broker":
      return verdict(await password(client, { kc_idp_hint: visited.identityProvider ?? "" }));
    case "reset-credentials":
      return await reset(browser, visited);
    case "direct-grant": {
      const form = { grant_type: "password", client_id: client.clientId, client_secret: client.secret, ...credentials };
      return (await requestTokens(issuer, form)).kind === "tokens" ? "allowed" : "denied";
    }
    case "device":
      return await enterDeviceCode(browser, visited);
    case "refresh":
      throw new Error("a refresh needs a token from before: see refreshed");
  }
}

const verdict = ({ kind }: AuthorisationOutcome): "allowed" | "denied" => (kind === "code" ? "allowed" : "denied");

/** Where more is asked than name and password, or less, the login goes on from the page behind the password; a new request would begin anew. */
async function signIn(
  browser: Browser,
  request: Parameters<typeof authorise>[1],
  { credentials, otpSecret }: Visit,
): Promise<AuthorisationOutcome> {
  const isAsked = otpSecret !== undefined || request.parameters?.max_age !== undefined;
  if (!isAsked) return await authorise(browser, request, credentials);
  const url = new URL(`${request.issuer}/protocol/openid-connect/auth`);
  url.search = new URLSearchParams({
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    response_type: "code",
    scope: "openid",
    ...request.parameters,
  }).toString();
  const arrived = (at: URL) => `${at.origin}${at.pathname}` === request.redirectUri;
  let end = await browser.follow({ url }, arrived);
  const steps: readonly (readonly [field: string, typed: Readonly<Record<string, string>>])[] = [
    ["password", { ...credentials }],
    ...(otpSecret === undefined ? [] : [["otp", { otp: totp(otpSecret) }] as const]),
  ];
  for (const [field, typed] of steps) {
    if ("halted" in end) throw new Error(`no form for ${field}`);
    const form = readForms(end.body).find(({ fields }) => field in fields);
    if (!form) throw new Error(`no form for ${field} at ${end.url.pathname}: status ${end.status}`);
    end = await browser.follow({ page: end, form, typed }, arrived);
  }
  const code = "halted" in end ? end.halted.searchParams.get("code") : null;
  if (code !== null) return { kind: "code", code, codeVerifier: "", ...request };
  return { kind: "other", status: "halted" in end ? 302 : end.status, title: "after the second factor" };
}

/** RFC 6238 with SHA-1, six digits and thirty seconds. */
function totp(secret: string): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Follows "Forgot password", the link in the mail and whatever comes behind the new password, as far as the realm lets it. */
async function reset(browser: Browser, visited: Visit): Promise<"allowed" | "denied"> {
  const { issuer, client, credentials, mailbox } = visited;
  const isCallback = (at: URL) => `${at.origin}${at.pathname}` === client.redirectUri;
  const url = new URL(`${issuer}/protocol/openid-connect/forgot-credentials`);
  url.search = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    response_type: "code",
    scope: "openid",
  }).toString();
  const page = await browser.get(url);
  const [form] = readForms(page.body);
  if (page.status >= 400 || !form) return "denied";
  if (!mailbox) throw new Error("the realm sends a mail that nobody takes");
  await browser.submit(page, form, { username: credentials.username });
  const link = await mailbox.linkFor(`${credentials.username}@example.com`);
  if (!link) return "denied";
  const { password } = credentials;
  const typed = { "password-new": password, "password-confirm": password, ...credentials };
  let end = await browser.follow({ url: link }, isCallback);
  // The new password, and the login where the realm asks for one afterwards.
  for (let forms = 0; forms < 2 && !("halted" in end); forms += 1) {
    const next = readForms(end.body).find(({ fields }) => "password-new" in fields || "password" in fields);
    if (!next) break;
    const known = Object.entries(typed).filter(([field]) => field in next.fields);
    end = await browser.follow({ page: end, form: next, typed: Object.fromEntries(known) }, isCallback);
  }
  if ("halted" in end) return end.halted.searchParams.has("code") ? "allowed" : "denied";
  // The realm says that the password is another now, and leaves it to the person to come again.
  return verdict(await signIn(browser, { issuer, ...client }, visited));
}

/** A device asks for a code, the person enters it in a browser, and the device asks whether it may have tokens now. */
async function enterDeviceCode(browser: Browser, visited: Visit): Promise<"allowed" | "denied"> {
  const { issuer, client, credentials, otpSecret } = visited;
  const secrets = { client_id: client.clientId, client_secret: client.secret };
  const started = await fetch(`${issuer}/protocol/openid-connect/auth/device`, {
    method: "POST",
    body: new URLSearchParams({ ...secrets, scope: "openid" }),
  });
  if (!started.ok) return "denied";
  const { device_code, verification_uri_complete } = (await started.json()) as Record<string, string>;
  let page = await browser.get(new URL(verification_uri_complete ?? ""));
  const typed: readonly Readonly<Record<string, string>>[] = [
    { ...credentials },
    ...(otpSecret === undefined ? [] : [{ otp: totp(otpSecret) }]),
    // The person grants the device its access.
    { accept: "Yes" },
  ];
  for (const fields of typed) {
    const [field = ""] = Object.keys(fields);
    const form = readForms(page.body).find((candidate) => field in candidate.fields || field === "accept");
    if (!form) break;
    const next = await browser.follow({ page, form, typed: fields }, () => false);
    if ("halted" in next) break;
    page = next;
  }
  const form = {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: device_code ?? "",
    ...secrets,
  };
  return (await requestTokens(issuer, form)).kind === "tokens" ? "allowed" : "denied";
}

/** Tokens of a login, and whether they can be renewed after `between` has happened. */
export async function refreshed(visited: Visit, between: () => Promise<void>): Promise<"allowed" | "denied"> {
  const { issuer, client } = visited;
  const outcome = await signIn(new Browser(), { issuer, ...client }, visited);
  if (outcome.kind !== "code") throw new Error(`no code: ${outcome.kind}`);
  const secrets = { client_id: client.clientId, client_secret: client.secret };
  const exchanged = await requestTokens(issuer, {
    ...secrets,
    grant_type: "authorization_code",
    code: outcome.code,
    redirect_uri: client.redirectUri,
    ...(outcome.codeVerifier === "" ? {} : { code_verifier: outcome.codeVerifier }),
  });
  if (exchanged.kind !== "tokens") throw new Error(`no tokens: ${exchanged.error}`);
  await between();
  const { refresh_token = "" } = exchanged.tokens;
  const renewed = await requestTokens(issuer, { ...secrets, grant_type: "refresh_token", refresh_token });
  return renewed.kind === "tokens" ? "allowed" : "denied";
}
