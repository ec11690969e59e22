/** What somebody wrote behind `--approve`, and what it is to stand for. */
export interface Approval {
  /** Fingerprints, or their first characters: where several Jobs share the work, each has a plan of its own. */
  readonly given: readonly string[];
  /** Fingerprint of what would be applied: of the plan, or of all plans of the run together. */
  readonly fingerprint: string;
  /** Whether this fingerprint was approved before. */
  readonly used: boolean;
}

/** So many hexadecimal characters are printed; fewer could fit another plan by chance. */
const SHORTEST = 12;

/** Why the approval does not hold; undefined when it does. */
export function objectionTo({ given, fingerprint, used }: Approval): string | undefined {
  const strange = given.find((text) => !/^[0-9a-f]+$/i.test(text) || text.length < SHORTEST);
  if (strange !== undefined) {
    return `--approve ${strange} is no fingerprint; copy the ${SHORTEST} or more characters that the refusal names`;
  }
  const own = given.find((text) => fingerprint.startsWith(text.toLowerCase()));
  if (own === undefined) {
    return `--approve ${given.join(", ")} is for another plan: something has changed in Keycloak, Langfuse or the configuration since; read the plan again`;
  }
  if (used) {
    return `--approve ${own} was used before and holds once; find out why the same plan came back, and raise the limit if it is right`;
  }
  return undefined;
}
