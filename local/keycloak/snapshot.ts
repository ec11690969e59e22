type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Fields by which people know a thing that also has a generated id, the most telling first. */
const labels = ["clientId", "alias", "username", "path", "realm", "name"] as const;

/** Fields whose value is generated or hidden, and so says nothing about behaviour. */
const generated = new Set(["id", "secret", "client.secret.creation.time", "createdTimestamp"]);

/**
 * Rewrites a realm export so that two of them can be compared with deep equality: drops generated ids, secrets and
 * creation times, replaces references to generated ids by the name of what they point at, sorts fields and lists. Order
 * of executions is not lost by that: each carries its priority.
 */
export function normalise(exported: Json): Json {
  const names = new Map<string, string>();
  collectNames(exported, names);
  return rewrite(exported, names);
}

function collectNames(value: Json, names: Map<string, string>): void {
  if (Array.isArray(value)) for (const item of value) collectNames(item, names);
  if (!isObject(value)) return;
  const label = labels.map((field) => value[field]).find((text) => typeof text === "string");
  if (typeof value.id === "string" && typeof label === "string") names.set(value.id, label);
  for (const item of Object.values(value)) collectNames(item, names);
}

function rewrite(value: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return uuid.test(value) ? `<${names.get(value) ?? "id"}>` : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => rewrite(item, names));
    const keyed = items.map((item) => ({ item, key: JSON.stringify(item) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ item }) => item);
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([field]) => !generated.has(field));
  return Object.fromEntries(
    kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([field, item]) => [field, rewrite(item, names)]),
  );
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
