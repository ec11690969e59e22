/** The metadata key by which an object in Langfuse is recognised as made by a certain resource of a certain stack. */
const KEY = "managedBy";

/** Which resource of which stack made an object, undefined when none says so. */
export function managerOf(metadata: unknown): string | undefined {
  const value = asRecord(metadata)[KEY];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function isManagedBy(metadata: unknown, managedBy: string): boolean {
  return managerOf(metadata) === managedBy;
}

/** Whether there is room for a marker without losing what is there. */
export function canBeMarked(metadata: unknown): boolean {
  return metadata === undefined || metadata === null || (typeof metadata === "object" && !Array.isArray(metadata));
}

/** Metadata is replaced as a whole, so everything that others wrote is carried over. */
export function withMarker(metadata: unknown, managedBy: string): Record<string, unknown> {
  return { ...asRecord(metadata), [KEY]: managedBy };
}

/**
 * Metadata with what is declared in it. Keys that were declared before and no longer are go; those of others stay.
 *
 * @param former what was declared before
 */
export function withDeclared(
  metadata: unknown,
  declared: Readonly<Record<string, unknown>>,
  former: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const kept = Object.entries(asRecord(metadata)).filter(([key]) => key in declared || !(key in former));
  return { ...Object.fromEntries(kept), ...declared };
}

/** The values that the declared keys really have; keys that are missing are left out. */
export function declaredPart(metadata: unknown, declared: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(asRecord(metadata)).filter(([key]) => key in declared));
}

function asRecord(metadata: unknown): Record<string, unknown> {
  return metadata !== null && typeof metadata === "object" && !Array.isArray(metadata)
    ? (metadata as Record<string, unknown>)
    : {};
}
