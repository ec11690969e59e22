import { Breakdown, Refusal, scimError } from "../http/errors.ts";
import { ROLES, type Role } from "../state/model.ts";

/**
 * Unlike the other endpoints SCIM reads JSON from a body of any content type. `null` is a value that the handlers of
 * the real server do not expect.
 */
export function scimBody(body: unknown): unknown {
  const value = typeof body === "string" ? parsed(body) : body;
  if (value === null) throw new Breakdown("the body is null");
  return value;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(scimError(400, "Invalid JSON body"));
  }
}

/**
 * The first of a list of roles. `absent` when there is no list or it is empty; `invalid` when any entry is not exactly
 * one of the five.
 */
export function firstRole(roles: unknown): Role | "absent" | "invalid" {
  if (!Array.isArray(roles) || roles.length === 0) return "absent";
  const valid = roles.map((entry) => ROLES.find((role) => role === entry));
  return valid.includes(undefined) ? "invalid" : (valid[0] ?? "absent");
}
