import * as z from "zod";
import { type Finding, failure, info, ok, warning } from "./finding.ts";

const CHECK = "Keycloak rights";

/** What each right that may be needed contains by itself. */
const CONTAINED: Readonly<Record<string, readonly string[]>> = {
  "view-users": ["query-users", "query-groups"],
  "view-realm": [],
  "view-clients": ["query-clients"],
};

const claimsSchema = z.object({
  resource_access: z.record(z.string(), z.object({ roles: z.array(z.string()) })).default({}),
  scope: z.string().optional(),
});

/** What an access token says about its holder; undefined for one that cannot be read. */
export type TokenClaims = z.output<typeof claimsSchema>;

/** Read, not verified: the token comes straight from the server that made it. */
export function claimsOf(token: string): TokenClaims | undefined {
  try {
    return claimsSchema.safeParse(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")))
      .data;
  } catch {
    return undefined;
  }
}

export interface RightsNeeded {
  /** Whether roles of clients count, for which clients have to be read. */
  readonly clientRoles: boolean;
}

/**
 * Compares the rights in the token with those that are needed: exactly these, because whoever gets hold of the secret
 * has them too. What is missing from the token although the service account has it, is kept back by the client's scope.
 */
export function rightsFindings(claims: TokenClaims | undefined, { clientRoles }: RightsNeeded): readonly Finding[] {
  const needed = ["view-users", "view-realm", ...(clientRoles ? ["view-clients"] : [])];
  const management = claims?.resource_access["realm-management"]?.roles;
  if (management === undefined) {
    return [
      info(
        CHECK,
        "the token does not tell the roles of realm-management, so surplus rights cannot be seen",
        "grant them to the service account and keep fullScopeAllowed on; ignore this for lightweight access tokens",
      ),
    ];
  }
  const missing = needed.filter((right) => !management.includes(right));
  const expected = new Set(needed.flatMap((right) => [right, ...(CONTAINED[right] ?? [])]));
  const surplus = management.filter((right) => !expected.has(right)).toSorted();
  const foreign = Object.keys(claims?.resource_access ?? {}).filter((client) => client.endsWith("-realm"));
  return [
    ...missing.map((right) =>
      failure(
        CHECK,
        `the token lacks ${right} of realm-management`,
        `grant it to the service account, and keep fullScopeAllowed on or map it to the client's scope`,
      ),
    ),
    ...surplus.map((right) =>
      warning(CHECK, `the token has ${right}, which is not needed`, "take it away from the service account"),
    ),
    ...foreign.map((client) =>
      warning(CHECK, `the token has rights over other realms (${client})`, "use a client of the realm itself"),
    ),
    ...(missing.length + surplus.length + foreign.length === 0
      ? [ok(CHECK, `exactly ${needed.join(", ")}, nothing more`)]
      : []),
  ];
}

/** Since 26.8.2 the Admin API wants this client scope in the token. */
const ADMIN_SCOPE = "kc-admin-api";

/** @param refused whether the Admin API answered 401 to a new token */
export function adminScopeFinding(claims: TokenClaims | undefined, refused: boolean): Finding {
  const check = "Keycloak token";
  const granted = claims?.scope?.split(" ").includes(ADMIN_SCOPE) ?? false;
  if (refused && !granted) {
    return failure(
      check,
      `the Admin API refuses a new token, which lacks the scope "${ADMIN_SCOPE}" that Keycloak wants since 26.8.2`,
      `add the client scope "${ADMIN_SCOPE}" to the client as a default scope`,
    );
  }
  if (refused) {
    return failure(
      check,
      "the Admin API refuses a new token",
      "check that KEYCLOAK_URL is the address the token names as issuer, and that the client is enabled",
    );
  }
  return ok(check, granted ? `accepted, with the scope "${ADMIN_SCOPE}"` : "accepted by the Admin API");
}
