import { expect, it } from "vitest";
import { combinedFingerprint } from "#sync/plan/fingerprint.ts";
import { plan } from "#sync/plan/plan.ts";
import { differences, parsePlanFile, planFileOf } from "#sync/plan/plan-file.ts";
import { shardOf } from "#sync/plan/shard.ts";
import { active, rulesOf, stateOf } from "./world.ts";

const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }], fallback: "VIEWER" });
const planOf = (organization: string, role: string, more = {}) => ({
  organization,
  name: `name of ${organization}`,
  plan: plan(stateOf({ members: { a: [role, active("admins")], owner: ["OWNER"] } }), {
    ...rules,
    organization,
    ...more,
  }),
});
const plans = [planOf("2", "VIEWER"), planOf("1", "ADMIN")];
const file = planFileOf(plans);

it("a file is read as it was written, sorted, and is true as long as nothing moves", () => {
  expect(file.organizations.map(({ organization }) => organization)).toEqual(["1", "2"]);
  expect(parsePlanFile(JSON.stringify(file))).toEqual(file);
  const read = parsePlanFile(JSON.stringify(file));
  expect("problem" in read ? read : differences(read, plans)).toEqual([]);
});

it.each([
  [
    "another role",
    [planOf("2", "NONE"), planOf("1", "ADMIN")],
    "organization name of 2: members, people or rules are not what they were (1 changes more, 1 less)",
  ],
  [
    "another rule",
    [planOf("2", "VIEWER"), planOf("1", "ADMIN", { protect: ["x@y.z"] })],
    "organization name of 1: members, people or rules",
  ],
  ["one organization less", plans.slice(0, 1), "organization name of 1 is in the plan, but not in this run"],
  [
    "one organization more",
    [...plans, planOf("3", "ADMIN")],
    "organization name of 3 is in this run, but not in the plan",
  ],
])("%s is a difference", (_title, current, message) => {
  expect(differences(file, current)).toEqual([expect.stringContaining(message)]);
});

it("a file that somebody has edited is a difference, although its fingerprint fits", () => {
  const edited = structuredClone(file);
  for (const { plan: one } of edited.organizations) for (const change of one.changes) change.to = "OWNER";
  expect(differences(edited, plans)).toEqual([
    "organization name of 2: its changes are not those that the plan was made with",
  ]);
});

it.each([
  ["{", "is not JSON"],
  ['{"version":2}', "is no plan of this version (version:"],
  [JSON.stringify({ ...file, more: 1 }), "is no plan of this version"],
])("%s is refused", (text, problem) => {
  expect(parsePlanFile(text)).toMatchObject({ problem: expect.stringContaining(problem) });
});

it("one plan has its own fingerprint, several have one that does not depend on their order", () => {
  const [one, two] = plans.map(({ plan: each }) => each);
  if (one === undefined || two === undefined) throw new Error("there are two plans");
  expect(combinedFingerprint([one])).toBe(one.fingerprint);
  expect(combinedFingerprint([one, two])).toBe(combinedFingerprint([two, one]));
  expect(combinedFingerprint([one, two])).not.toBe(combinedFingerprint([one, one]));
});

it("every organization belongs to one shard, which stays the same, and the shards are alike in size", () => {
  const counts = new Map<number, number>();
  for (let index = 0; index < 1_000; index += 1) {
    const shard = shardOf(`organization-${index}`, 8);
    expect(shard).toBe(shardOf(`organization-${index}`, 8));
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const count of counts.values()) expect(Math.abs(count - 125)).toBeLessThan(40);
});
