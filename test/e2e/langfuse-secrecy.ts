import { expect } from "vitest";
import type { Ground } from "./langfuse-ground.ts";

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

/** That no secret of the stack is in its stored state, nor in what was printed. */
export async function expectNoSecrets({ stack, adminApiKey }: Ground, printed: string): Promise<void> {
  const secrets = plaintextsIn(await stack.export({ showSecrets: true }));
  expect(secrets.length).toBeGreaterThan(3);
  for (const [place, text] of Object.entries({ printed, state: await stack.export() })) {
    for (const secret of [...secrets, adminApiKey])
      expect(text.includes(secret), `${place} holds a secret`).toBe(false);
    expect(text, place).not.toMatch(SECRET_KEY);
  }
}

/** Long enough to be a secret: the engine also encrypts what stands beside one. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return value.length >= 16 ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
