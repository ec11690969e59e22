import * as z from "zod";
import { printable } from "../printable.ts";

/**
 * What can stop a run:
 *
 * - `mass-removal`, `mass-demotion`, `mass-escalation`: more people than the limits allow
 * - `empty-upstream`: nobody in Keycloak holds anything the rules ask about, but somebody would lose something
 * - `minimum-owners`: too few owners would be left
 * - `last-owner`: the rules take the role from the only owner
 * - `protected`: the plan touches somebody who is declared elsewhere
 * - `ambiguous`: it is not certain who somebody is
 * - `unverified`: ADMIN or OWNER for an address that nobody has verified
 * - `approval`: the plan is refused, and the approval that was given is not for it
 */
export const GUARDS = [
  "mass-removal",
  "mass-demotion",
  "mass-escalation",
  "empty-upstream",
  "minimum-owners",
  "last-owner",
  "protected",
  "ambiguous",
  "unverified",
  "approval",
] as const;
export type GuardName = (typeof GUARDS)[number];

/** How many people a refusal names; the plan has them all. */
const NAMED = 10;

export const refusalSchema = z.strictObject({
  guard: z.enum(GUARDS),
  /** Id of the organization in Langfuse. */
  organization: z.string(),
  /** How many people it is about, and how many would be let through. */
  count: z.number().int(),
  limit: z.number().int(),
  /** Addresses of the first of them, sorted. */
  people: z.array(z.string()).max(NAMED),
  /** What is wrong, with the numbers and the people, and what to do about it. */
  message: z.string(),
});
export type Refusal = Readonly<z.output<typeof refusalSchema>>;

export interface RefusalFacts {
  readonly guard: GuardName;
  readonly organization: string;
  /** Addresses, in any order. */
  readonly people: readonly string[];
  readonly limit?: number;
  /** What is wrong, with its numbers. */
  readonly what: string;
  readonly remedy: string;
}

export function refusal({ guard, organization, people, limit = 0, what, remedy }: RefusalFacts): Refusal {
  const named = people.toSorted().slice(0, NAMED);
  const more = people.length > named.length ? ` and ${people.length - named.length} more` : "";
  const list = named.length === 0 ? "" : ` (${named.map(printable).join(", ")}${more})`;
  const message = `in organization ${organization} ${what}${list}; ${remedy}`;
  return { guard, organization, count: people.length, limit, people: named, message };
}
