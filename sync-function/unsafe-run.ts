import type { Decision } from "./decision.ts";
import { AccessError } from "./errors.ts";
import { combinedFingerprint } from "./plan/fingerprint.ts";
import type { Refusal, Safeguards } from "./safeguards.ts";

/**
 * Ends a run that a guard stands against, and records why.
 *
 * @param remedy what to do about it, for people
 * @throws AccessError `refused` unless there is nothing against it
 */
export async function refuseUnsafe(
  decisions: readonly Decision[],
  refusals: readonly Refusal[],
  { record }: Pick<Safeguards, "record">,
  remedy: (fingerprint: string) => string,
): Promise<void> {
  if (refusals.length === 0) return;
  const fingerprint = combinedFingerprint(decisions.map(({ plan }) => plan));
  await record({ kind: "refused", refusals, fingerprint });
  const messages = refusals.map(({ guard, message }) => `${guard}: ${message}`);
  throw new AccessError("refused", `refused, and nothing was changed:\n${messages.join("\n")}\n${remedy(fingerprint)}`);
}
