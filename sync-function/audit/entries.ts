import type { Decision } from "../decision.ts";
import type { Change } from "../plan/change.ts";
import type { Untouched } from "../plan/untouched.ts";
import type { RunEvent } from "../safeguards.ts";
import type { AuditEntry } from "./record.ts";

/** People whom the rules give something that they do not get; of others nothing was decided. */
const WITHHELD: readonly Untouched["kind"][] = ["ambiguous", "unavailable", "unverified", "last-owner"];

/**
 * Tells what the audit trail of one run says about each of its events, in their order. What Langfuse has afterwards is the
 * truth: a second line about a change is added where it is another one than the answer was.
 */
export function auditEntries(): (event: RunEvent) => readonly AuditEntry[] {
  const answers = new Map<Change, string | undefined>();
  return (event) => {
    switch (event.kind) {
      case "started":
        return [{ event: "run-started", cause: event.command }];
      case "decided":
        return decided(event.decision);
      case "refused":
        return event.refusals.map(({ guard, organization, people, message }) => ({
          event: "refusal",
          organization,
          cause: guard,
          outcome: message,
          fingerprint: event.fingerprint,
          ...(people && { people: [...people] }),
        }));
      case "answered":
        answers.set(event.change, event.failure);
        return [changeEntry(event.organization, event.change, outcomeOf(event.failure))];
      case "verified":
        return event.outcome.unverified === undefined ? corrections(event, answers) : [];
      case "finished":
        return [
          {
            event: "run-finished",
            outcome: `exit ${event.exitCode}`,
            ...(event.error !== undefined && { cause: event.error }),
          },
        ];
    }
  };
}

function decided({ organization: { rules }, plan }: Decision): readonly AuditEntry[] {
  const { organization } = rules;
  const { fingerprint } = plan;
  return [
    ...plan.changes.map(
      (change): AuditEntry => ({
        ...changeEntry(organization, change, "planned"),
        event: "decision",
        fingerprint,
      }),
    ),
    ...plan.untouched
      .filter(({ kind }) => WITHHELD.includes(kind))
      .map(
        ({ kind, email, userId, role, wanted, project, reason }): AuditEntry => ({
          event: "left-alone",
          organization,
          person: { email, userId, keycloakId: null },
          ...(project && { project: project.id }),
          before: role,
          ...(wanted && { after: wanted }),
          cause: `${kind}: ${reason}`,
          fingerprint,
        }),
      ),
  ];
}

function corrections(
  { organization, outcome }: Extract<RunEvent, { kind: "verified" }>,
  answers: ReadonlyMap<Change, string | undefined>,
): readonly AuditEntry[] {
  const appeared = outcome.applied.filter((change) => answers.get(change) !== undefined);
  const missing = outcome.failed.filter(({ change }) => answers.has(change) && answers.get(change) === undefined);
  return [
    ...appeared.map((change) => changeEntry(organization, change, outcomeOf(undefined))),
    ...missing.map(({ change, message }) => changeEntry(organization, change, outcomeOf(message))),
  ];
}

function changeEntry(organization: string, change: Change, outcome: string): AuditEntry {
  const { email, userId, keycloakId, project, from, to, reason, rule } = change;
  return {
    event: "change",
    organization,
    person: { email, userId, keycloakId },
    ...(project && { project: project.id }),
    before: from,
    after: change.kind === "remove-member" ? "no member" : to,
    cause: reason,
    ...(rule !== undefined && { rule }),
    outcome,
  };
}

function outcomeOf(failure: string | undefined): string {
  return failure === undefined ? "applied" : `failed: ${failure}`;
}
