/** The secret half of a pair, or the whole pair as it is sent, whosever it is. */
export const SECRET_KEY = /sk-lf-[0-9a-f]{8}-|cGstbGYt[\w+/=]/;

/** Everything that a state keeps encrypted, from an export of it with secrets shown. */
export function plaintextsIn(state: string): string[] {
  const found: string[] = [];
  JSON.parse(state, (name, value: unknown) => {
    if (name === "plaintext") found.push(...strings(JSON.parse(String(value))));
    return value;
  });
  return found;
}

/** Long enough to be a secret: the engine also encrypts what stands beside one. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return value.length >= 16 ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
