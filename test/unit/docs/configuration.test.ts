import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseConfiguration } from "#components/configuration.ts";
import { optionalSecrets, requiredSecrets, secretNames } from "#components/schema.ts";
import { type Key, schemaKeys } from "./schema-keys.ts";

let text = "";
const documented = new Map<string, Key>();

beforeAll(async () => {
  text = await readFile(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
  for (const line of text.split("\n")) {
    const [, key, type = "", fallback = ""] = line.split("|").map((cell) => cell.trim());
    if (key?.startsWith("`")) documented.set(key.slice(1, -1), { type, fallback });
  }
});

/** The default as the table shows it: texts without their quotation marks. */
function shown(fallback: string): string {
  if (fallback === "required" || fallback === "") return fallback;
  const value: unknown = JSON.parse(fallback);
  return `\`${typeof value === "string" ? value : fallback}\``;
}

describe("docs/configuration.md", () => {
  it("has every key and every secret, and no other", () => {
    expect([...documented.keys()].sort()).toEqual([...schemaKeys().keys(), ...secretNames].sort());
  });

  it("has the type and the default of every key", () => {
    const table = [...schemaKeys()].map(([key, { type, fallback }]) => [key, type, shown(fallback)]);
    expect(
      [...schemaKeys().keys()].map((key) => [key, documented.get(key)?.type, documented.get(key)?.fallback]),
    ).toEqual(table);
  });

  it("calls every secret secret, and required where it is", () => {
    for (const name of requiredSecrets) expect(documented.get(name)).toEqual({ type: "secret", fallback: "required" });
    for (const name of optionalSecrets) expect(documented.get(name)).toEqual({ type: "secret", fallback: "" });
  });

  it("has examples that are accepted together", () => {
    const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, example = ""]) => parseYaml(example) as { config: Record<string, unknown> },
    );
    expect(examples).toHaveLength(2);
    const config = Object.entries(Object.assign({}, ...examples.map((example) => example.config)));
    const values = config.map(([key, value]) => [key.split(":")[1], JSON.stringify(value)]);
    const secrets = Object.fromEntries([...requiredSecrets, "langfuseAdminApiKey"].map((name) => [name, "x"]));
    expect(() => parseConfiguration("langfuse-access", { ...Object.fromEntries(values), ...secrets })).not.toThrow();
  });
});
