import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseConfiguration } from "#components/configuration.ts";
import { completeValues } from "../components/settings.ts";

/** Every piece of a stack's `langfuse` settings in a page. */
function examplesOf(page: string): [string, Record<string, unknown>][] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, yaml = ""]) => {
    const parsed = parseYaml(yaml) as Record<string, Record<string, unknown>>;
    const config = (parsed.config ?? parsed) as Record<string, Record<string, unknown>>;
    const langfuse = config["langfuse-access:langfuse"];
    return langfuse === undefined ? [] : [[yaml.trim(), langfuse] as [string, Record<string, unknown>]];
  });
}

describe.each(["langfuse-hardening.md", "langfuse-resources.md"])("docs/%s", (page) => {
  it.each(examplesOf(page))("has an example that is accepted: %s", (_yaml, langfuse) => {
    const { langfuse: base = "{}", ...values } = completeValues();
    const whole = JSON.stringify({ ...JSON.parse(base), ...langfuse });
    // A custom provider stands beside no gate.
    const gate = JSON.stringify({ enabled: !whole.includes('"custom"') });
    const secrets = { langfuseClientSecret: "x" };
    expect(() => parseConfiguration("langfuse-access", { ...values, ...secrets, gate, langfuse: whole })).not.toThrow();
  });
});
