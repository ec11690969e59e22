import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod";
import { optionPaths } from "#sync/configuration/document-text.ts";
import { DEFAULT_LIMITS, guardLimitsSchema, guardSettingsSchema, limitsOf } from "#sync/guard/limits.ts";
import { GUARDS } from "#sync/guard/refusal.ts";

const page = readFileSync(new URL("../../../../docs/guards.md", import.meta.url), "utf8");

it("later settings win option by option, and what nobody sets is the preset", () => {
  const limits = limitsOf({ removals: { floor: 1, fraction: 0.5 } }, undefined, {
    removals: { floor: 2 },
    minimumOwners: 2,
  });
  expect(limits).toEqual({
    ...DEFAULT_LIMITS,
    removals: { ...DEFAULT_LIMITS.removals, floor: 2, fraction: 0.5 },
    minimumOwners: 2,
  });
  expect(guardLimitsSchema.parse({})).toEqual(DEFAULT_LIMITS);
});

it.each([{ removals: { fraction: 20 } }, { removal: {} }, { lastOwner: "ignore" }, { minimumOwners: -1 }])(
  "%j is refused",
  (settings) => {
    expect(guardSettingsSchema.safeParse(settings).success).toBe(false);
  },
);

it("every option is a row of the page with its meaning, and every row is an option", () => {
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| [^|]+ \| (.+) \|$/gm)].map(([, path, meaning]) => [path, meaning]);
  const groups = ["removals", "demotions", "escalations"];
  const options = optionPaths(guardSettingsSchema).filter((path) => !groups.includes(path));
  expect(rows.map(([path]) => path).toSorted()).toEqual(options.toSorted());
  const schema = JSON.stringify(z.toJSONSchema(guardSettingsSchema, { io: "input" }));
  for (const [, meaning = ""] of rows) expect(schema).toContain(JSON.stringify(meaning).slice(1, -1));
});

it("every guard has a row of the page", () => {
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| /gm)].map(([, name]) => name);
  expect(GUARDS.filter((guard) => !rows.includes(guard))).toEqual([]);
});
