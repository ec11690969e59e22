/** The metadata key by which an object in Langfuse is recognised as made by a certain resource of a certain stack. */
const KEY = "managedBy";

export function isManagedBy(metadata: unknown, managedBy: string): boolean {
  return asRecord(metadata)[KEY] === managedBy;
}

/** Metadata is replaced as a whole, so everything that others wrote is carried over. */
export function withMarker(metadata: unknown, managedBy: string): Record<string, unknown> {
  return { ...asRecord(metadata), [KEY]: managedBy };
}

function asRecord(metadata: unknown): Record<string, unknown> {
  return metadata !== null && typeof metadata === "object" && !Array.isArray(metadata)
    ? (metadata as Record<string, unknown>)
    : {};
}
