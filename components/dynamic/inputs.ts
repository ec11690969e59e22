import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

/** What the engine passes for a value it does not know yet: `pulumi.runtime.unknownValue`, without loading the SDK. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the engine tells the person when an input is wrong. */
export interface CheckResult<T> {
  readonly inputs: T;
  readonly failures: { property: string; reason: string }[];
}

/**
 * Checks the inputs of a dynamic resource property by property. During a preview the engine passes a marker string for
 * every value it does not know yet, whatever its type (pulumi#6310): those are let through, and checked at `up`.
 */
export function checkInputs<T>(shape: Readonly<Record<string, z.ZodType>>, inputs: T): CheckResult<T> {
  const failures = [];
  for (const [property, schema] of Object.entries(shape)) {
    const value = (inputs as Record<string, unknown>)[property];
    if (value === UNKNOWN) continue;
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      failures.push({ property, reason: parsed.error.issues.map((issue) => issue.message).join("; ") });
  }
  return { inputs, failures };
}

/** Which of the named properties differ between what is there and what is wanted; the order of an object's keys is no difference. */
export function changedProperties<T extends object>(olds: T, news: T, properties: readonly (keyof T)[]): (keyof T)[] {
  return properties.filter((property) => !isDeepStrictEqual(olds[property], news[property]));
}
