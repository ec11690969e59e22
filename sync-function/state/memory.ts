import type { Memory } from "../people/memory.ts";
import type { SyncState } from "./document.ts";

/** What earlier runs remember of the people of each organization. */
export function memoryOf({ organizations }: Pick<SyncState, "organizations">): Memory {
  return new Map(
    Object.entries(organizations).map(([id, { absences, links, unavailable }]) => [
      id,
      {
        absences: new Map(Object.entries(absences)),
        links: new Map(Object.entries(links)),
        unavailable: new Map(Object.entries(unavailable)),
      },
    ]),
  );
}

/** Organizations that the memory does not have keep what they had: a run may have been about some of them only. */
export function withMemory(state: SyncState, memory: Memory): SyncState {
  const known = Object.fromEntries(
    [...memory].map(([id, { absences, links, unavailable }]) => [
      id,
      {
        ...state.organizations[id],
        absences: Object.fromEntries(absences),
        links: Object.fromEntries(links),
        unavailable: Object.fromEntries(unavailable),
      },
    ]),
  );
  return { ...state, organizations: { ...state.organizations, ...known } };
}
