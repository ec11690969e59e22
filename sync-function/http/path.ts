import { AccessError } from "../errors.ts";

/**
 * One part of a URL path that comes from data, such as a role name with a slash in it.
 *
 * @throws AccessError `usage` for empty parts and for `.` and `..`, which would address something else
 */
export function pathSegment(text: string): string {
  if (text === "" || text === "." || text === "..") {
    throw new AccessError("usage", `"${text}" cannot be part of an address; use another name`);
  }
  return encodeURIComponent(text);
}
