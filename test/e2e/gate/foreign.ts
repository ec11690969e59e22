/** Names of everything that the stack of this test makes in a realm. */
const ours = /^(browser-langfuse(-post-broker)?-[0-9a-f]{8}|langfuse-(gate|access|admin))\b/;
const isOurs = (value: unknown): boolean => typeof value === "string" && ours.test(value);

/**
 * What is left of a realm's export without what this project made, and without the fields of others that name it: the
 * latter are what it declares to change.
 */
export function withoutOurs(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isOurs(item) && !isOurs(nameOf(item))).map(withoutOurs);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => !isOurs(field));
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutOurs(field)]));
}

function nameOf(item: unknown): unknown {
  const { alias, name, flowAlias } = (item ?? {}) as Record<string, unknown>;
  return alias ?? name ?? flowAlias;
}
