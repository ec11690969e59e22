import { compareRoles } from "../langfuse/role.ts";
import type { Change } from "./change.ts";
import { byPerson } from "./order.ts";
import type { Member } from "./state.ts";
import type { Untouched } from "./untouched.ts";

/**
 * The change that must not happen because it would leave the organization without an owner: of several the one that
 * takes least, then the first by address, so that the choice does not depend on the order of the members.
 */
export function keptOwner(members: readonly Member[], changes: readonly Change[]): Change | undefined {
  const leaving = changes.filter(({ from }) => from === "OWNER");
  const owners = members.filter(({ role }) => role === "OWNER").length;
  const coming = changes.filter(({ to, project }) => to === "OWNER" && project === undefined).length;
  if (leaving.length === 0 || owners - leaving.length + coming > 0) return undefined;
  return leaving.toSorted((left, right) => compareRoles(left.to, right.to) || byPerson(left, right))[0];
}

export function lastOwner({ email, userId, from, to, reason }: Change): Untouched {
  return {
    kind: "last-owner",
    email,
    userId: userId ?? "",
    role: from,
    wanted: to,
    reason: `${reason} and should be ${to}, but are the last owner; make somebody else an owner first`,
  };
}
