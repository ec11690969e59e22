import type { ServerSettings } from "./server-settings.ts";

/** What of the stack decides how people may sign in. */
export interface SignInContext {
  readonly gate: { readonly enabled: boolean; readonly others: readonly { readonly client: string }[] };
  readonly keycloak: { readonly url: string; readonly realm: string; readonly langfuseClient: string };
}

/** Sign-in with every default filled in. */
export type SignIn =
  | { readonly provider: "none"; readonly passwordLogin: boolean; readonly signUp: boolean }
  | {
      readonly provider: "keycloak" | "custom";
      readonly issuer: string;
      readonly clientId: string;
      readonly name: string;
      readonly scope: string | undefined;
      readonly accountLinking: boolean;
      readonly passwordLogin: boolean;
      readonly signUp: boolean;
      readonly enforcedDomains: readonly string[];
    };

/** Fills in the defaults that depend on the rest of the stack. */
export function signInOf({ signIn }: Pick<ServerSettings, "signIn">, context: SignInContext): SignIn {
  const { provider, signUp, enforcedDomains, scope } = signIn;
  if (provider === "none") return { provider, passwordLogin: signIn.passwordLogin ?? true, signUp };
  const { keycloak, gate } = context;
  return {
    provider,
    issuer: signIn.issuer ?? `${keycloak.url}/realms/${encodeURIComponent(keycloak.realm)}`,
    clientId: signIn.clientId ?? keycloak.langfuseClient,
    name: signIn.name ?? "SSO",
    scope,
    // Whoever was provisioned is refused at the first login without it.
    accountLinking: signIn.accountLinking ?? true,
    // The form never reaches Keycloak, and so never the gate.
    passwordLogin: signIn.passwordLogin ?? !gate.enabled,
    signUp,
    enforcedDomains,
  };
}

/** The realm that an issuer is, undefined for one that is no realm of Keycloak. */
export function realmOf(issuer: string): string | undefined {
  const [, realm] = /\/realms\/([^/]+)$/.exec(issuer) ?? [];
  try {
    return realm && decodeURIComponent(realm);
  } catch {
    return undefined;
  }
}
