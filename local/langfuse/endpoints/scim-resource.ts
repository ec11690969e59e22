import type { User } from "../state/model.ts";

export const USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";

/** A user as SCIM shows it. Never `active`, never `roles`. */
export function scimUser(user: User) {
  return { ...listedUser(user), meta: dates(user) };
}

/** In lists there are no dates. */
export function listedUser(user: User) {
  return {
    schemas: [USER_SCHEMA],
    id: user.id,
    userName: user.email,
    name: { formatted: user.name },
    emails: [{ primary: true, value: user.email, type: "work" }],
    meta: { resourceType: "User" },
  };
}

/** The answer to PUT has neither name nor addresses. */
export function shortUser(user: User) {
  return { schemas: [USER_SCHEMA], id: user.id, userName: user.email, meta: dates(user) };
}

/** A change of membership does not touch the user row, so both dates are that of its creation. */
function dates(user: User) {
  return { resourceType: "User", created: user.createdAt, lastModified: user.createdAt };
}
