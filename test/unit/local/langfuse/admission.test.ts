import { describe, expect, it } from "vitest";
import { decideAdmission } from "#local/langfuse/login/admission.ts";

const user = (id: string) => ({ id, email: `${id}@example.com`, name: null, createdAt: "" });
const profile = { subject: "subject", email: "Ann@Example.com", name: "Ann" };
const nobody = { profile, accountUser: undefined, emailUser: undefined, currentUser: undefined };
const open = { allowAccountLinking: true, disableSignUp: false };

describe("admission after a login", () => {
  it.each([
    [
      "a new person is created with the address in lower case",
      nobody,
      open,
      { kind: "create", email: "ann@example.com", name: "Ann" },
    ],
    [
      "a known subject enters whatever the address",
      { ...nobody, accountUser: user("a"), emailUser: user("b") },
      open,
      { kind: "enter", user: user("a") },
    ],
    [
      "a known subject needs no address",
      { ...nobody, profile: { ...profile, email: null }, accountUser: user("a") },
      open,
      { kind: "enter", user: user("a") },
    ],
    ["a known address is linked", { ...nobody, emailUser: user("b") }, open, { kind: "link", user: user("b") }],
    [
      "an unknown subject in a running session is linked to its user",
      { ...nobody, currentUser: user("c") },
      open,
      { kind: "link", user: user("c") },
    ],
    [
      "the subject of somebody else in a running session is refused",
      { ...nobody, accountUser: user("a"), currentUser: user("c") },
      open,
      { kind: "refuse", code: "OAuthAccountNotLinked" },
    ],
    [
      "something that is no address is refused",
      { ...nobody, profile: { ...profile, email: "ann" } },
      open,
      { kind: "refuse", code: "Invalid email found in user object" },
    ],
  ])("%s", (_title, candidates, rules, expected) => {
    expect(decideAdmission(candidates, rules)).toEqual(expected);
  });
});
