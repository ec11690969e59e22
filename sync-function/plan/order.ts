import { type Change, phaseOf } from "./change.ts";

interface Placed {
  readonly email: string;
  readonly userId: string | null;
  readonly project?: { readonly id: string } | undefined;
}

/** By code units: the same on every machine, whatever its language. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function byPerson(left: Placed, right: Placed): number {
  return (
    compare(left.email, right.email) ||
    compare(left.userId ?? "", right.userId ?? "") ||
    compare(left.project?.id ?? "", right.project?.id ?? "")
  );
}

export function inOrderOfApplication(left: Change, right: Change): number {
  return phaseOf(left) - phaseOf(right) || byPerson(left, right);
}
