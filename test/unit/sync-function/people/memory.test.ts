import { expect, it } from "vitest";
import { matchPerson } from "#sync/people/match.ts";
import { HELD_RUNS, NO_MEMORY, remember } from "#sync/people/memory.ts";
import { active, person, stateOf } from "../plan/world.ts";

const now = new Date("2026-03-01T00:00:00Z");
const before = "2026-02-01T00:00:00.000Z";

it("links those who are found, and keeps the first time of those who are missing", () => {
  const state = stateOf({
    members: { found: ["VIEWER", active()], missing: ["VIEWER"], longer: ["VIEWER"], two: ["VIEWER", {}, {}] },
  });
  const memory = remember(
    state,
    {
      absences: new Map([
        ["id of longer", before],
        ["id of found", before],
        ["id of nobody", before],
      ]),
      links: new Map(),
      unavailable: new Map(),
    },
    now,
  );
  expect(memory).toEqual({
    unavailable: new Map(),
    links: new Map([["id of found", "keycloak found"]]),
    absences: new Map([
      ["id of missing", now.toISOString()],
      ["id of longer", before],
    ]),
  });
});

it("does not forget whom an absent or uncertain member was linked to", () => {
  const state = stateOf({ members: { missing: ["VIEWER"], two: ["VIEWER", {}, {}] } });
  const links = new Map([
    ["id of missing", "1"],
    ["id of two", "2"],
    ["id of nobody", "3"],
  ]);
  expect(remember(state, { ...NO_MEMORY, links }, now).links).toEqual(new Map([...links].slice(0, 2)));
});

it("counts the runs in a row that see somebody switched off by a user storage, and forgets them once they are back", () => {
  const off = stateOf({
    members: {
      off: ["VIEWER", { enabled: false, federated: true }],
      local: ["VIEWER", { enabled: false }],
      back: ["VIEWER", { federated: true }],
    },
  });
  let memory = { ...NO_MEMORY, unavailable: new Map([["id of back", 2]]) };
  const counts = [1, 2, 3].map(() => {
    memory = { ...memory, unavailable: new Map(remember(off, memory, now).unavailable) };
    return memory.unavailable;
  });
  expect(counts.map((count) => [...count])).toEqual([1, 2, HELD_RUNS].map((count) => [["id of off", count]]));
});

it("a member without an address is found by the link only", () => {
  const nobody = { userId: "1", email: "" };
  const byEmail = new Map([["", [person("a", { email: "" })]]]);
  expect(matchPerson(nobody, { byEmail, linked: new Map() })).toEqual({ kind: "unknown" });
  expect(matchPerson(nobody, { byEmail, linked: new Map([["1", person("a")]]) })).toMatchObject({ kind: "person" });
});
