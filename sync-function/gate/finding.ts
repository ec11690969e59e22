/** Something about a gate that is not as it must be. */
export interface GateFinding {
  /**
   * - `error`: the gate lets somebody in whom it should not, locks somebody out, or will at the next change
   * - `warning`: it holds, but rests on something that should not be relied on
   */
  readonly severity: "error" | "warning";
  /** Number of the broken invariant, as docs/login-gate.md counts them. */
  readonly invariant: number;
  readonly fact: string;
  /** What to do about it. */
  readonly remedy: string;
}

export const failure = (invariant: number, fact: string, remedy: string): GateFinding => ({
  severity: "error",
  invariant,
  fact,
  remedy,
});

export const warning = (invariant: number, fact: string, remedy: string): GateFinding => ({
  severity: "warning",
  invariant,
  fact,
  remedy,
});

/** What repairs everything that this project declares. */
export const REDEPLOY = "run `pulumi refresh`, then `pulumi up`";
