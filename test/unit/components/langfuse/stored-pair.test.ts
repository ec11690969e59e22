import { expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { withStoredPair } from "#components/langfuse/stored-pair.ts";

const stored = { organizationId: "o-pair", publicKey: "pk-lf-1", secretKey: "sk-lf-1" };
const unknown = { publicKey: UNKNOWN, secretKey: UNKNOWN };
const next = { publicKey: "pk-lf-2", secretKey: "sk-lf-2" };

it.each([
  ["the one it is made with", {}, stored, stored],
  ["the stored one while the next one is not known yet", stored, { ...stored, ...unknown }, stored],
  ["the stored one when it is given the next one", stored, { ...stored, ...next }, stored],
  [
    "the one of another organization",
    stored,
    { organizationId: "o2-pair", ...next },
    { organizationId: "o2-pair", ...next },
  ],
  ["none as long as none was ever known", { ...stored, ...unknown }, { ...stored, ...next }, { ...stored, ...next }],
])("a resource keeps %s", (_title, olds, news, kept) => {
  expect(withStoredPair(olds, news, ["publicKey", "secretKey"])).toEqual(kept);
});
