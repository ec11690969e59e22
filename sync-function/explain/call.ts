import type { Change } from "../plan/change.ts";

/** The request that a change becomes, as it can be found in the access log of Langfuse. */
export function callOf({ kind, userId, to, project, row }: Change): string {
  const user = userId ?? "{id}";
  if (project !== undefined) {
    const path = `/api/public/projects/${project.id}/memberships`;
    return row?.to ? `PUT ${path} {"userId":"${user}","role":"${row.to}"}` : `DELETE ${path} {"userId":"${user}"}`;
  }
  if (kind === "provision") return `POST /api/public/scim/Users {"roles":["${to}"]}`;
  if (kind === "remove-member") return `DELETE /api/public/scim/Users/${user}`;
  return `PUT /api/public/scim/Users/${user} {"active":true,"roles":["${to}"]}`;
}
