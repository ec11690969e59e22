import { AccessError } from "../errors.ts";
import type { LangfuseMembership } from "./answers.ts";
import type { LangfuseClient } from "./client.ts";

export type MemberReader = Pick<LangfuseClient, "countMembers" | "listMemberships">;

/**
 * All members of an organization. The list comes in one answer and tells nothing about its length, so it is compared
 * with what SCIM counts.
 *
 * @param title for people: which organization
 * @throws AccessError `incomplete` for a list that is too short, or empty: not even the owner who made it is there then
 */
export async function readMembers(client: MemberReader, title: string): Promise<readonly LangfuseMembership[]> {
  const [members, count] = await Promise.all([client.listMemberships(), client.countMembers()]);
  if (members.length === 0) {
    throw new AccessError(
      "incomplete",
      `Langfuse: ${title} has no members, not even an owner; check that it still exists and that the key is its own`,
    );
  }
  if (members.length >= count) return members;
  // Somebody may have joined between the two answers.
  const again = await client.listMemberships();
  if (again.length >= count) return again;
  throw new AccessError(
    "incomplete",
    `Langfuse: ${title} has ${count} members but lists ${again.length}; run again, and if it stays look for a proxy or cache in between`,
  );
}
