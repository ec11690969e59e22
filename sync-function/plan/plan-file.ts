import * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { changeSchema } from "./change.ts";
import { combinedFingerprint } from "./fingerprint.ts";
import { type Plan, planSchema } from "./plan.ts";

/** The plan of one organization, with what people call it. */
export const organizationPlan = z.strictObject({
  /** Id in Langfuse. */
  organization: z.string(),
  name: z.string(),
  plan: planSchema,
});
export type OrganizationPlan = Readonly<z.output<typeof organizationPlan>>;

/** What `plan --out FILE` writes and `apply --plan FILE` reads. */
export const planFile = z.strictObject({
  /** Of this format. */
  version: z.literal(1),
  /** Of all plans together; what `--approve` takes. */
  fingerprint: z.string(),
  /** Sorted by id. */
  organizations: z.array(organizationPlan),
});
export type PlanFile = Readonly<z.output<typeof planFile>>;

export function planFileOf(organizations: readonly OrganizationPlan[]): PlanFile {
  return {
    version: 1,
    fingerprint: combinedFingerprint(organizations.map(({ plan }) => plan)),
    organizations: organizations.toSorted((left, right) => (left.organization < right.organization ? -1 : 1)),
  };
}

/** Reads the text of a plan file: the file, or what is wrong with it. */
export function parsePlanFile(text: string): PlanFile | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `is not JSON (${error instanceof Error ? error.message : error})` };
  }
  const parsed = planFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return { problem: `is no plan of this version (${toDotPath(issue?.path ?? [])}: ${issue?.message})` };
}

/** What has moved since the file was written, in words; empty when the plans of today are those of the file. */
export function differences(file: PlanFile, current: readonly OrganizationPlan[]): readonly string[] {
  const written = new Map(file.organizations.map((one) => [one.organization, one]));
  const today = new Map(current.map((one) => [one.organization, one]));
  const gone = file.organizations.filter(({ organization }) => !today.has(organization));
  return [
    ...gone.map(({ name }) => `organization ${name} is in the plan, but not in this run`),
    ...current.flatMap(({ organization, name, plan }) => {
      const before = written.get(organization)?.plan;
      if (before === undefined) return [`organization ${name} is in this run, but not in the plan`];
      return sameChanges(before, plan) ? [] : [`organization ${name}: ${movement(before, plan)}`];
    }),
  ];
}

/** The changes are compared too: a file that somebody has edited has a fingerprint that still fits the facts. */
function sameChanges(before: Plan, now: Plan): boolean {
  const [then, today] = [textsOf(before), textsOf(now)];
  return (
    before.fingerprint === now.fingerprint && then.length === today.length && then.every((text, i) => text === today[i])
  );
}

function movement(before: Plan, now: Plan): string {
  if (before.fingerprint === now.fingerprint) return "its changes are not those that the plan was made with";
  const [then, today] = [new Set(textsOf(before)), new Set(textsOf(now))];
  const added = today.difference(then).size;
  const dropped = then.difference(today).size;
  return `members, people or rules are not what they were (${added} changes more, ${dropped} less)`;
}

/** Through the schema, which brings the fields into one order: that of a file is another one than that of a new plan. */
function textsOf({ changes }: Plan): readonly string[] {
  return changes.map((change) => JSON.stringify(changeSchema.parse(change)));
}
