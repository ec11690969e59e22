import { type Finding, ok, warning } from "./finding.ts";

/** Seconds that clocks may differ: as much as a token is renewed before its end. */
const TOLERANCE = 30;

/** Times of audit lines and of grace periods are those of this machine, so the clocks should agree. */
export function clockFinding(server: string, theirs: Date, ours: Date): Finding {
  const difference = Math.round((theirs.getTime() - ours.getTime()) / 1000);
  const check = `${server} clock`;
  // The server's second may have just begun or be about to end.
  if (Math.abs(difference) <= 1) return ok(check, "agrees with the clock here");
  const fact = `is ${Math.abs(difference)} s ${difference > 0 ? "ahead of" : "behind"} the clock here`;
  if (Math.abs(difference) <= TOLERANCE) return ok(check, fact);
  return warning(check, fact, "synchronise both machines by NTP");
}
