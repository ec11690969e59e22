import type { RealmEvent } from "./event.ts";

/** Whom to read again. An event is no more than that: what somebody holds is what Keycloak answers when it is asked. */
export type Hint =
  | {
      readonly kind: "people";
      readonly ids: readonly string[];
      readonly emails: readonly string[];
      /** Whether it tells of a change, and not of somebody who may have one behind them. */
      readonly isLikely: boolean;
    }
  | { readonly kind: "everybody" };

/** User events after which somebody may have other roles, another address, or be another person to Langfuse. */
const ABOUT_ONE = new Set([
  "LOGIN",
  "REGISTER",
  "IDENTITY_PROVIDER_FIRST_LOGIN",
  "VERIFY_EMAIL",
  "UPDATE_EMAIL",
  "UPDATE_PROFILE",
  "DELETE_ACCOUNT",
  "USER_DISABLED_BY_PERMANENT_LOCKOUT",
]);

/** Kinds of things of which an administrator's change concerns the person in its path, or everybody if none is there. */
const OF_PEOPLE = new Set([
  "USER",
  "REALM_ROLE_MAPPING",
  "CLIENT_ROLE_MAPPING",
  "GROUP_MEMBERSHIP",
  "ORGANIZATION_MEMBERSHIP",
]);

/** Kinds of things of which any change may concern everybody. */
const OF_EVERYBODY = new Set([
  "GROUP",
  "REALM_ROLE",
  "CLIENT_ROLE",
  "COMPONENT",
  "IDENTITY_PROVIDER_MAPPER",
  "USER_FEDERATION_PROVIDER",
  "USER_FEDERATION_MAPPER",
]);

/** Single changes of things that otherwise concern nobody's roles. */
const ALSO_OF_EVERYBODY = new Set(["REALM-UPDATE", "CLIENT-DELETE"]);

/** @returns undefined for an event that changes nobody's roles */
export function hintOf({ name, path, userId, emails }: RealmEvent): Hint | undefined {
  if (path === undefined && !name.includes("-")) {
    if (!ABOUT_ONE.has(name) || (userId === undefined && emails.length === 0)) return undefined;
    return { kind: "people", ids: userId === undefined ? [] : [userId], emails, isLikely: false };
  }
  // The synchronisation of a user storage is an action of no certain kind.
  if (/^user-storage\/[^/]+\/sync/.test(path ?? "")) return { kind: "everybody" };
  const [kind = "", operation] = name.split("-");
  // Such as the reset of a password.
  if (operation === "ACTION") return undefined;
  if (OF_EVERYBODY.has(kind) || ALSO_OF_EVERYBODY.has(name)) return { kind: "everybody" };
  if (!OF_PEOPLE.has(kind)) return undefined;
  const id = personIn(path ?? "");
  return id === undefined ? { kind: "everybody" } : { kind: "people", ids: [id], emails: [], isLikely: true };
}

function personIn(path: string): string | undefined {
  const [, ofUser, ofMember] = /^users\/([^/]+)|^organizations\/[^/]+\/members\/([^/]+)/.exec(path) ?? [];
  return ofUser ?? ofMember;
}
