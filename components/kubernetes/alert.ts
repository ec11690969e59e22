/** A rule of Prometheus that tells somebody. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold. */
  readonly for?: string;
  readonly severity: "critical" | "warning";
  readonly summary: string;
}
