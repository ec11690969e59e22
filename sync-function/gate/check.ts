import { bypassFindings } from "./check-bypasses.ts";
import { flowFindings } from "./check-flows.ts";
import { referenceFindings } from "./check-references.ts";
import type { GateFinding } from "./finding.ts";
import type { RealmModel } from "./realm-model.ts";
import type { GateSpecification } from "./specification.ts";

/** Everything that keeps the gates of a realm from holding; pure. Errors come first. */
export function checkGate(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const findings = [
    ...flowFindings(model, specification),
    ...referenceFindings(model, specification),
    ...bypassFindings(model, specification),
  ];
  return findings.toSorted(
    (left, right) => left.severity.localeCompare(right.severity) || left.invariant - right.invariant,
  );
}
