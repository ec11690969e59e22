import type { Person } from "../people/person.ts";
import type { AccessState } from "../plan/state.ts";
import type { AccessRules } from "../roles/rule.ts";
import type { Concerned } from "./concerned.ts";

/** What the plan was made from, as far as the guard looks at it. */
export interface GuardWorld {
  readonly state: Pick<AccessState, "members" | "people" | "holders" | "scope">;
  readonly rules: Pick<AccessRules, "organization" | "rules" | "protect">;
  /** Whom runs about single people have concerned lately: together they may do no more than one run about everybody. */
  readonly recent?: Concerned;
}

/** Everybody in Keycloak whom the plan knows. */
export function peopleIn({ state: { people, holders } }: GuardWorld): readonly Person[] {
  return [...[...people.byEmail.values()].flat(), ...people.linked.values(), ...holders];
}
