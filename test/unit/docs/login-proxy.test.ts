import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PROXY_METRICS } from "#sync/proxy/figures.ts";
import { LOGIN_MODES, LOGIN_OUTCOMES } from "#sync/proxy/login.ts";
import { PROXY_VARIABLES } from "#sync/proxy/variables.ts";

const page = readFileSync(new URL("../../../docs/login-proxy.md", import.meta.url), "utf8");
const rows = page.split("\n").flatMap((line) => (line.startsWith("| `") ? [line.slice(2, -2).split(" | ")] : []));
const rowsOf = (pattern: RegExp) => rows.filter(([first = ""]) => pattern.test(first));

it("every variable is a row of the page, and every row is a variable", () => {
  const documented = rowsOf(/^`PROXY_[A-Z_]+`$/).filter(([, ...cells]) => cells.length === 1);
  expect(documented).toEqual(Object.entries(PROXY_VARIABLES).map(([name, meaning]) => [`\`${name}\``, meaning]));
});

it("every metric is a row with its labels, and every row is a metric", () => {
  const metrics = Object.entries(PROXY_METRICS).map(([name, { type, labels, help }]) => [
    ...[`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", ") || "–", help],
  ]);
  expect(rowsOf(/^`langfuse_proxy_/)).toEqual(metrics);
});

it("every outcome and every mode has a row", () => {
  const names = rows.map(([first = ""]) => first.split(" ")[0]?.replaceAll("`", ""));
  for (const name of [...LOGIN_OUTCOMES, ...LOGIN_MODES]) expect(names).toContain(name);
});
