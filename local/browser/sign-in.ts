import { messageOf } from "#sync/errors.ts";
import type { Browser, Page } from "./browser.ts";
import { type Credentials, readKeycloakPage } from "./keycloak-page.ts";

/** Langfuse's session as its own pages read it; see `GET /api/auth/session`. */
export interface LangfuseSession {
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly name: string | null;
    readonly organizations: readonly {
      readonly id: string;
      readonly name: string;
      readonly role: string;
      readonly projects: readonly { readonly id: string; readonly name: string; readonly role: string }[];
    }[];
  };
  readonly expires: string;
}

export type SignInOutcome =
  | { readonly kind: "signed-in"; readonly session: LangfuseSession }
  /** Keycloak showed a page instead of sending the browser back. */
  | { readonly kind: "refused"; readonly by: "keycloak"; readonly status: number; readonly message: string }
  /** Langfuse did not open a session; `code` is the one its pages show, for example `OAuthAccountNotLinked`. */
  | { readonly kind: "refused"; readonly by: "langfuse"; readonly code: string }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * Signs a person in to Langfuse through Keycloak the way the sign-in page does. Without credentials it shows whether the
 * browser's session at Keycloak is enough.
 *
 * @param langfuseUrl Address as in `NEXTAUTH_URL`, without a slash at the end.
 */
export async function signIn(browser: Browser, langfuseUrl: string, credentials?: Credentials): Promise<SignInOutcome> {
  try {
    const page = await browser.get(await startLogin(browser, langfuseUrl));
    if (page.url.origin === new URL(langfuseUrl).origin) return await atLangfuse(browser, langfuseUrl, page);
    const shown = readKeycloakPage(page);
    if (shown.kind === "refusal") return { ...shown, kind: "refused", by: "keycloak" };
    if (shown.kind === "other") return { kind: "failed", reason: `Keycloak showed ${shown.status} ${shown.title}` };
    if (!credentials) return { kind: "failed", reason: "Keycloak asked for a password and none was given" };
    const next = await browser.submit(page, shown.form, { ...credentials });
    if (next.url.origin === new URL(langfuseUrl).origin) return await atLangfuse(browser, langfuseUrl, next);
    const answer = readKeycloakPage(next);
    if (answer.kind === "refusal") return { ...answer, kind: "refused", by: "keycloak" };
    const title = answer.kind === "other" ? answer.title : "the login form again";
    return { kind: "failed", reason: `after the password Keycloak showed ${next.status} ${title}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : "";
    return { kind: "failed", reason: `${messageOf(error)}${cause}` };
  }
}

/**
 * Signs a person in at Keycloak, and stops where Keycloak sends the browser back: the address is that of the callback, which
 * nobody has opened yet.
 *
 * @param credentials not needed where the browser has a session at Keycloak
 */
export async function approachCallback(browser: Browser, langfuseUrl: string, credentials: Credentials): Promise<URL> {
  const isBack = ({ origin }: URL) => origin === new URL(langfuseUrl).origin;
  const shown = await browser.follow({ url: await startLogin(browser, langfuseUrl) }, isBack);
  if ("halted" in shown) return shown.halted;
  const page = readKeycloakPage(shown);
  if (page.kind !== "login-form") throw new Error(`Keycloak showed ${shown.status} instead of its form`);
  const answer = await browser.follow({ page: shown, form: page.form, typed: { ...credentials } }, isBack);
  if ("halted" in answer) return answer.halted;
  throw new Error(`after the password Keycloak showed ${answer.status}`);
}

/** Asks Langfuse for a login and returns the address at Keycloak that it sends the browser to. */
async function startLogin(browser: Browser, langfuseUrl: string): Promise<string> {
  const csrf = json<{ csrfToken?: string }>(await browser.get(`${langfuseUrl}/api/auth/csrf`));
  const begun = json<{ url?: string }>(
    await browser.post(`${langfuseUrl}/api/auth/signin/keycloak`, {
      csrfToken: csrf.csrfToken ?? "",
      callbackUrl: langfuseUrl,
      json: "true",
    }),
  );
  if (begun.url && new URL(begun.url).searchParams.has("redirect_uri")) return begun.url;
  throw new Error(`Langfuse did not start a login but pointed to ${begun.url ?? "nothing"}`);
}

async function atLangfuse(browser: Browser, langfuseUrl: string, page: Page): Promise<SignInOutcome> {
  // The last code in the chain is the one a person reads; the callback may have carried Keycloak's own before it.
  const code = page.visited.map((url) => url.searchParams.get("error")).findLast((error) => error !== null);
  if (code) return { kind: "refused", by: "langfuse", code };
  if (page.status >= 400) return { kind: "failed", reason: `Langfuse answered ${page.status} at ${page.url.pathname}` };
  const session = await readSession(browser, langfuseUrl);
  return session
    ? { kind: "signed-in", session }
    : { kind: "failed", reason: "Langfuse has no session after the login" };
}

/** The browser's session at Langfuse at this moment, undefined when nobody is signed in. */
export async function readSession(browser: Browser, langfuseUrl: string): Promise<LangfuseSession | undefined> {
  const session = json<Partial<LangfuseSession>>(await browser.get(`${langfuseUrl}/api/auth/session`));
  return session.user && session.expires ? { user: session.user, expires: session.expires } : undefined;
}

/** Signs the browser out of Langfuse; its session at Keycloak stays. */
export async function signOut(browser: Browser, langfuseUrl: string): Promise<void> {
  const { csrfToken = "" } = json<{ csrfToken?: string }>(await browser.get(`${langfuseUrl}/api/auth/csrf`));
  await browser.post(`${langfuseUrl}/api/auth/signout`, { csrfToken, callbackUrl: langfuseUrl, json: "true" });
}

function json<T>(page: Page): T {
  try {
    return JSON.parse(page.body) as T;
  } catch {
    throw new Error(`${page.url.origin}${page.url.pathname} answered ${page.status} and no JSON`);
  }
}
