import * as z from "zod";
import { type Outcome, outcomeSchema } from "../apply/apply.ts";
import { type Refusal, refusalSchema } from "../guard/refusal.ts";
import { CHANGE_KINDS, type Change } from "../plan/change.ts";
import { type OrganizationPlan, organizationPlan } from "../plan/plan-file.ts";
import type { Untouched } from "../plan/untouched.ts";
import { printable } from "../printable.ts";

/** What a failed run prints with `--json`; `kind` is that of the `AccessError`. */
export const failureReport = z.object({
  command: z.string(),
  exitCode: z.number().int(),
  error: z.object({ kind: z.string(), message: z.string() }),
});

/** What `plan --json` prints; a failed run prints a `failureReport`. */
export const planReport = z.object({
  command: z.literal("plan"),
  exitCode: z.number().int(),
  /** Of all plans together. */
  fingerprint: z.string(),
  organizations: z.array(organizationPlan),
  /** What `apply` would be refused for; empty when it would go on. */
  refusals: z.array(refusalSchema),
});
export type PlanReport = z.output<typeof planReport>;

/** What `apply --json` prints; a failed run prints a `failureReport`. */
export const applyReport = z.object({
  command: z.literal("apply"),
  exitCode: z.number().int(),
  fingerprint: z.string(),
  organizations: z.array(organizationPlan.extend({ outcome: outcomeSchema })),
});
export type ApplyReport = z.output<typeof applyReport>;

/** A plan for people: one line for everybody who changes or is left alone, and a summary. */
export function planText({ name, plan }: Pick<OrganizationPlan, "name" | "plan">): string {
  const rows = [...plan.changes.map(changeRow), ...plan.untouched.map(untouchedRow)];
  const head = plan.changes.length === 0 ? "nothing to change" : count(plan.changes.length, "change");
  const kinds = CHANGE_KINDS.map(
    (kind) => [kind, plan.changes.filter((change) => change.kind === kind).length] as const,
  )
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${number} ${kind}`);
  const detail = kinds.length > 0 ? ` (${kinds.join(", ")})` : "";
  const ignored = plan.ignored > 0 ? `, ${plan.ignored} ignored` : "";
  return [
    ...table(rows),
    `Organization ${printable(name)}: ${head}${detail}, ${plan.untouched.length} left alone${ignored}, ${plan.inSync} in sync; fingerprint ${plan.fingerprint.slice(0, 12)}`,
  ].join("\n");
}

/** What the guards would say to an `apply` of the plans above. */
export function refusalsText(refusals: readonly Pick<Refusal, "guard" | "message">[]): string {
  return ["apply would be refused:", ...refusals.map(({ guard, message }) => `${guard}: ${message}`)].join("\n");
}

/** What an `apply` did, after the plan it followed. */
export function outcomeText(outcome: Outcome): string {
  const { applied, failed, notAttempted, unverified } = outcome;
  const parts = [`${applied.length} applied`];
  if (failed.length > 0) parts.push(`${failed.length} failed`);
  if (notAttempted.length > 0) parts.push(`${notAttempted.length} not attempted because the run was told to stop`);
  return [
    ...failed.map(
      ({ change, message }) => `failed: ${printable(change.email)} ${printable(effect(change))}: ${printable(message)}`,
    ),
    ...(unverified === undefined ? [] : [`not verified: ${printable(unverified)}`]),
    `Applied: ${parts.join(", ")}`,
  ].join("\n");
}

function changeRow(change: Change): string[] {
  return [change.email, effect(change), `because ${change.reason}${rowsText(change)}`];
}

function untouchedRow({ email, role, project, reason }: Untouched): string[] {
  return [email, project === undefined ? role : `${role} in ${project.name}`, `left alone because ${reason}`];
}

/** From what to what, as the person sees it. */
function effect({ kind, from, to, project }: Change): string {
  if (kind === "provision") return `no member → ${to}`;
  if (kind === "remove-member") return `${from} → no member`;
  return project === undefined ? `${from} → ${to}` : `${from} → ${to} in ${project.name}`;
}

function rowsText({ kind, projectRoles }: Change): string {
  if (projectRoles === undefined) return "";
  const list = projectRoles.map(({ project, role }) => `${role} in ${project.name}`).join(", ");
  return kind === "remove-member" ? `; loses ${list}` : `; keeps ${list}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const cleaned = rows.map((row) => row.map(printable));
  const width = (column: number) => cleaned.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0);
  const [first, second] = [width(0), width(1)];
  return cleaned.map(
    ([email = "", role = "", reason = ""]) => `${email.padEnd(first)}  ${role.padEnd(second)}  ${reason}`,
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
