import { settingsSchema } from "#components/schema.ts";

/** The part of a zod schema that this reads. */
interface Schema {
  readonly def: {
    readonly type: string;
    readonly innerType?: Schema;
    readonly in?: Schema;
    readonly element?: Schema;
    readonly shape?: Readonly<Record<string, Schema>>;
    readonly entries?: Readonly<Record<string, string>>;
    readonly defaultValue?: unknown;
  };
}

export interface Key {
  /** In words, as the documentation has it. */
  readonly type: string;
  /** JSON of the default, `required` or empty for none. */
  readonly fallback: string;
}

/** Every key that holds a value, by its dotted path; `[]` stands for the entries of a list. */
export function schemaKeys(): Map<string, Key> {
  return new Map(keysOf(settingsSchema as unknown as Schema, ""));
}

function* keysOf(schema: Schema, path: string): Generator<[string, Key]> {
  const { type, fallback, inner } = unwrapped(schema);
  if (inner.def.type === "object") {
    for (const [key, value] of Object.entries(inner.def.shape ?? {}))
      yield* keysOf(value, path ? `${path}.${key}` : key);
    return;
  }
  yield [path, { type, fallback }];
  if (inner.def.type === "array" && inner.def.element) yield* keysOf(inner.def.element, `${path}[]`);
}

function unwrapped(schema: Schema): { type: string; fallback: string; inner: Schema } {
  const { def } = schema;
  if (def.type === "default" || def.type === "prefault") {
    return { ...unwrapped(def.innerType ?? schema), fallback: JSON.stringify(def.defaultValue) };
  }
  if (def.type === "optional") return { ...unwrapped(def.innerType ?? schema), fallback: "" };
  if (def.type === "pipe") return unwrapped(def.in ?? schema);
  const words: Readonly<Record<string, string>> = { string: "text", array: "list", boolean: "boolean" };
  const type = def.entries ? Object.keys(def.entries).join(", ") : (words[def.type] ?? def.type);
  return { type, fallback: "required", inner: schema };
}
