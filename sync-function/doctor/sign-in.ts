import * as z from "zod";
import { type Finding, failure, info, ok, warning } from "./finding.ts";
import type { Probe } from "./probe.ts";

export interface SignInExamination {
  readonly langfuseUrl: string;
  /** Name of the realm that roles are read from. */
  readonly realm: string;
  /** Whether people are made members before their first login. */
  readonly provision: boolean;
  /** What the server was told, as far as somebody says so here; undefined where nobody does. */
  readonly declared: {
    /** Whether a login may enter an account with its address that was made before. */
    readonly accountLinking: boolean | undefined;
    /** Whether somebody whom nobody made a member gets an account by signing in. */
    readonly signUp: boolean | undefined;
  };
}

const providers = z.record(z.string(), z.object({ id: z.string() }));
const csrf = z.object({ csrfToken: z.string() });
const redirect = z.object({ url: z.string() });

const CHECK = "Langfuse sign-in";

/**
 * Begins a login as a browser would, without anybody's password: where Langfuse sends people shows which realm they
 * come from. Whether accounts are linked by address, or made at all, cannot be seen from outside: that is judged by what
 * the server is said to have been told.
 */
export async function examineSignIn(
  { langfuseUrl, realm, provision, declared }: SignInExamination,
  probe: Probe,
): Promise<readonly Finding[]> {
  const base = `${langfuseUrl.replace(/\/+$/, "")}/api/auth`;
  const known = providers.safeParse((await probe(`${base}/providers`))?.body).data;
  if (known === undefined) return [info(CHECK, "the list of its providers cannot be read")];
  if (known.keycloak === undefined) {
    const names = Object.keys(known).join(", ") || "none";
    return [
      warning(
        CHECK,
        `it has no provider "keycloak" (but ${names})`,
        "set AUTH_KEYCLOAK_CLIENT_ID, AUTH_KEYCLOAK_CLIENT_SECRET and AUTH_KEYCLOAK_ISSUER on the Langfuse server",
      ),
    ];
  }
  return [
    await realmFinding(base, realm, probe),
    ...(known.credentials ? [passwordFinding()] : []),
    accounts(provision, declared),
  ];
}

async function realmFinding(base: string, realm: string, probe: Probe): Promise<Finding> {
  const form = await probe(`${base}/csrf`);
  const token = csrf.safeParse(form?.body).data?.csrfToken;
  const begun =
    token === undefined
      ? undefined
      : await probe(`${base}/signin/keycloak`, {
          method: "POST",
          headers: { cookie: form?.cookies ?? "" },
          form: { csrfToken: token, callbackUrl: base, json: "true" },
        });
  const target = URL.parse(redirect.safeParse(begun?.body).data?.url ?? "");
  const found = /\/realms\/([^/]+)\/protocol\/openid-connect\/auth$/.exec(target?.pathname ?? "")?.[1];
  if (target === null || found === undefined) {
    return warning(
      CHECK,
      "it cannot begin a login with Keycloak",
      "check AUTH_KEYCLOAK_ISSUER of the Langfuse server, which must reach it",
    );
  }
  if (decodeURIComponent(found) !== realm) {
    return warning(
      CHECK,
      `people sign in through realm "${decodeURIComponent(found)}" of ${target.origin}, but roles are read from realm "${realm}"`,
      "set KEYCLOAK_REALM, or AUTH_KEYCLOAK_ISSUER of the Langfuse server, to the same realm",
    );
  }
  return ok(CHECK, `people come from realm "${realm}" of ${target.origin}`);
}

function passwordFinding(): Finding {
  return info(
    CHECK,
    "people can also sign in with a password of Langfuse, past Keycloak",
    "set AUTH_DISABLE_USERNAME_PASSWORD=true on the Langfuse server once an owner can sign in through Keycloak",
  );
}

/** Somebody new gets in by an account that is made at the login, or enters one that was made before it. */
function accounts(provision: boolean, { accountLinking, signUp }: SignInExamination["declared"]): Finding {
  if (accountLinking === undefined) return unknownLinking(provision);
  if (!accountLinking && (provision || signUp === false)) {
    const who =
      signUp === false
        ? "nobody new gets in"
        : "people whom the sync makes members before their first login do not get in";
    const settings = `AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING=false${signUp === false ? " and AUTH_DISABLE_SIGNUP=true" : ""}`;
    return failure(CHECK, `${who}: the server was told ${settings}`, LINKING, "usage");
  }
  if (!accountLinking) {
    return warning(
      CHECK,
      "somebody who is made a member before their first login does not get in, by the server's AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING",
      LINKING,
    );
  }
  if (signUp === false && !provision) {
    return warning(
      CHECK,
      "nobody gets in whom nobody made a member before: the server was told AUTH_DISABLE_SIGNUP=true, and no organization provisions",
      "set provision for an organization, or take AUTH_DISABLE_SIGNUP away from the Langfuse server",
    );
  }
  return ok(CHECK, "people who are made members before their first login get in, by what the server was told");
}

const LINKING =
  "set AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING=true on the Langfuse server; without it they meet OAuthAccountNotLinked";

function unknownLinking(provision: boolean): Finding {
  const remedy = `${LINKING}; set it here as well, and AUTH_DISABLE_SIGNUP, to have it judged`;
  const fact = "whether people who were made members before their first login get in cannot be seen from outside";
  return provision ? warning(CHECK, fact, remedy) : info(CHECK, fact, remedy);
}
