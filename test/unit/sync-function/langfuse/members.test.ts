import { expect, it } from "vitest";
import { readMembers } from "#sync/langfuse/members.ts";

/** Lists of so many members, one after another, and what SCIM counts. */
function organization(lengths: readonly number[], count: number) {
  const lists = lengths.values();
  return {
    listMemberships: async () =>
      Array.from({ length: lists.next().value ?? 0 }, (_, index) => ({ userId: `${index}`, role: "VIEWER" })),
    countMembers: async () => count,
  };
}

it.each([
  ["as long as the count", [3], 3, 3],
  ["longer, because somebody has just left", [3], 2, 3],
  ["long enough when it is read again, because somebody has just joined", [2, 3], 3, 3],
])("a list that is %s is believed", async (_title, lengths, count, expected) => {
  expect(await readMembers(organization(lengths, count), "organization o")).toHaveLength(expected);
});

it.each([
  ["shorter than the count", [2, 2], 3, "organization o has 3 members but lists 2"],
  ["empty", [0], 0, "organization o has no members, not even an owner"],
])("a list that is %s ends the run", async (_title, lengths, count, message) => {
  await expect(readMembers(organization(lengths, count), "organization o")).rejects.toMatchObject({
    kind: "incomplete",
    message: expect.stringContaining(message),
  });
});
