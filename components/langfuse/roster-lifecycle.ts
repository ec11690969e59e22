import { z } from "zod";
import { type CheckResult, checkInputs } from "../dynamic/inputs.ts";
import { announce } from "./announcement.ts";
import { titleOf } from "./connection.ts";

export interface RosterInputs {
  readonly organizationId: string;
  /** Roles of the declared members, by address. */
  readonly members: Readonly<Record<string, string>>;
  /** Titles of the projects beside the main one, by key. */
  readonly projects: Readonly<Record<string, string>>;
  /** What a person calls the services, by key. */
  readonly services: Readonly<Record<string, string>>;
  /** Whether projects stay in Langfuse when they are declared no more. */
  readonly isRetained: boolean;
  /** Whether who is new may be a member already, which their own resource finds out and tells. */
  readonly isAdopting?: boolean;
}

const names = z.record(z.string(), z.string());
const shape = {
  organizationId: z.string().min(1),
  members: names,
  projects: names,
  services: names,
  isRetained: z.boolean(),
  isAdopting: z.boolean().optional(),
};

/** Says who and what is declared no more, and who is new, which no resource of theirs is asked in a preview. */
export function check(
  olds: Partial<RosterInputs>,
  news: RosterInputs,
  say: (line: string) => void = announce,
): CheckResult<RosterInputs> {
  for (const line of differences(olds, news)) say(line);
  return checkInputs(shape, news);
}

/** What is declared changes other resources. The engine stores the inputs of an unchanged one all the same. */
export const diff = (): { changes: boolean } => ({ changes: false });

export const create = (): { id: string; outs: object } => ({ id: "roster", outs: {} });

/** Nothing for a first roster, nor for one of another organization, in which everything is made anew. */
function differences(olds: Partial<RosterInputs>, news: RosterInputs): string[] {
  if (olds.organizationId !== news.organizationId) return [];
  const title = titleOf(news.organizationId);
  const fate = news.isRetained ? "kept in Langfuse, and managed no more" : "deleted with all its data";
  return [
    ...without(olds.members, news.members).map(([email, role]) => `${email}: ${role} → removed from ${title}`),
    ...(news.isAdopting ? [] : without(news.members, olds.members)).map(
      ([email, role]) => `${email}: not declared → ${role} in ${title}`,
    ),
    ...without(olds.projects, news.projects).map(([, name]) => `project ${name} → ${fate}`),
    ...without(olds.services, news.services).map(([, name]) => `${name}: all its pairs end`),
  ];
}

/** What is in the first and not in the second. */
function without(
  first: Readonly<Record<string, string>> = {},
  second: Readonly<Record<string, string>> = {},
): [string, string][] {
  return Object.entries(first).filter(([key]) => !(key in second));
}
