import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DepartureFacts, departures } from "#components/langfuse/departures.ts";
import { allowed, DEFAULT_LIMITS } from "#sync/guard/limits.ts";

const member = (email: string, role = "MEMBER") => ({ userId: `id-${email}`, email, role });
const crowd = (size: number) => Array.from({ length: size }, (_, index) => member(`guest-${index}@example.com`));
const facts = (changes: Partial<DepartureFacts>): DepartureFacts => ({
  organizationId: "o1",
  members: [],
  declared: ["ann@example.com"],
  isInKeycloak: (email) => email.startsWith("keycloak-"),
  isKept: (email) => email.endsWith("@kept.example.com"),
  ...changes,
});
const owner = member("ann@example.com", "OWNER");
const leaving = (changes: Partial<DepartureFacts>) =>
  departures(facts(changes), DEFAULT_LIMITS).leaving.map(({ email }) => email);

describe("who has to leave", () => {
  it.each([
    ["a guest", member("guest@example.com"), true],
    ["a guest without any role", member("guest@example.com", "NONE"), true],
    ["a second owner whom nobody declared", member("second@example.com", "OWNER"), true],
    ["somebody declared in another case", member("Ann@Example.com"), false],
    ["somebody in Keycloak", member("keycloak-user@example.com"), false],
    ["somebody who is protected", member("robot@kept.example.com"), false],
    ["somebody without an address", { userId: "u1", email: "", role: "MEMBER" }, false],
  ])("%s: %s", (_title, one, leaves) => {
    expect(leaving({ members: [owner, one] })).toEqual(leaves ? [one.email] : []);
  });

  it("is nobody, with the reason, when no member is declared", () => {
    const plan = departures(facts({ members: crowd(1), declared: [] }), DEFAULT_LIMITS);
    expect(plan.leaving).toEqual([]);
    expect(plan.refusal).toMatch(/no member is declared, so that 1 would be removed \(guest-0@example\.com\); declare/);
  });

  it("is nobody when no owner would be left, and one who stays is enough", () => {
    const stranger = member("stranger@example.com", "OWNER");
    const plan = departures(facts({ members: [member("ann@example.com"), stranger] }), DEFAULT_LIMITS);
    expect(plan).toMatchObject({ leaving: [], refusal: expect.stringContaining("0 owners would be left") });
    expect(leaving({ members: [member("keycloak-user@example.com", "OWNER"), stranger] })).toEqual([stranger.email]);
  });

  it("is nobody when there are more than one update may remove, until exactly they are approved", () => {
    const members = [owner, ...crowd(4)];
    const { refusal = "", leaving: nobody } = departures(facts({ members }), DEFAULT_LIMITS);
    expect(nobody).toEqual([]);
    expect(refusal).toMatch(/4 of 5 members are neither declared nor in Keycloak, and one update may remove 3/);
    const [, fingerprint = ""] = /langfuse\.approvedRemovals to ([0-9a-f]{12})/.exec(refusal) ?? [];
    expect(departures(facts({ members }), DEFAULT_LIMITS, fingerprint).leaving).toHaveLength(4);
    const others = departures(facts({ members: [owner, ...crowd(5)] }), DEFAULT_LIMITS, fingerprint);
    expect(others).toMatchObject({ leaving: [], refusal: expect.stringContaining("approvedRemovals") });
    const elsewhere = departures(facts({ members, organizationId: "o2" }), DEFAULT_LIMITS, fingerprint);
    expect(elsewhere.leaving).toEqual([]);
  });
});

const role = fc.constantFrom("OWNER", "ADMIN", "MEMBER", "VIEWER", "NONE");
const email = fc.constantFrom(
  ...[
    "",
    "ann@example.com",
    "Bob@example.com",
    "keycloak-1@example.com",
    "keycloak-2@example.com",
    "x@kept.example.com",
  ],
  ...crowd(8).map((guest) => guest.email),
);
const members = fc.uniqueArray(
  fc.record({ email, role }).map((one) => ({ ...one, userId: `id-${one.email}` })),
  { selector: ({ userId }) => userId },
);
const declared = fc.subarray(["ann@example.com", "bob@example.com"]);

describe("whatever the organization holds, and whatever is approved short of the right fingerprint", () => {
  it("nobody leaves who is declared, in Keycloak, kept or without address; never too many, never the last owner", () => {
    fc.assert(
      fc.property(members, declared, (people, named) => {
        const world = facts({ members: people, declared: named });
        const plan = departures(world, DEFAULT_LIMITS, "000000000000");
        const gone = new Set(plan.leaving.map(({ userId }) => userId));
        for (const one of plan.leaving) {
          expect(one.email).not.toBe("");
          expect(named).not.toContain(one.email);
          expect(world.isInKeycloak(one.email) || world.isKept(one.email)).toBe(false);
        }
        if (plan.refusal !== undefined || named.length === 0) expect(plan.leaving).toEqual([]);
        expect(plan.leaving.length).toBeLessThanOrEqual(allowed(DEFAULT_LIMITS.removals, people.length));
        const owners = people.filter((one) => one.role === "OWNER");
        if (owners.some(({ userId }) => gone.has(userId))) {
          expect(owners.filter(({ userId }) => !gone.has(userId)).length).toBeGreaterThanOrEqual(1);
        }
        // Once they are gone, nobody else is.
        const rest = people.filter(({ userId }) => !gone.has(userId));
        if (plan.refusal === undefined) {
          expect(departures({ ...world, members: rest }, DEFAULT_LIMITS)).toEqual({ leaving: [] });
        }
      }),
    );
  });
});
