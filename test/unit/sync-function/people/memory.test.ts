import { expect, it } from "vitest";
import { matchPerson } from "#sync/people/match.ts";
import { NO_MEMORY, remember } from "#sync/people/memory.ts";
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
    },
    now,
  );
  expect(memory).toEqual({
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

it("a member without an address is found by the link only", () => {
  const nobody = { userId: "1", email: "" };
  const byEmail = new Map([["", [person("a", { email: "" })]]]);
  expect(matchPerson(nobody, { byEmail, linked: new Map() })).toEqual({ kind: "unknown" });
  expect(matchPerson(nobody, { byEmail, linked: new Map([["1", person("a")]]) })).toMatchObject({ kind: "person" });
});
