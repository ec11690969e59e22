import { describe, expect, it } from "vitest";
import { plan } from "#sync/plan/plan.ts";
import { active, rules, stateOf } from "./world.ts";

describe("the last owner", () => {
  const alone = { ...rules, protect: [] };

  it("is reported instead of demoted", () => {
    const { changes, untouched } = plan(stateOf({ members: { last: ["OWNER", active("members")] } }), alone);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "last-owner", role: "OWNER", wanted: "MEMBER" }]);
    expect(untouched[0]?.reason).toContain("should be MEMBER");
  });

  it("of several that all should go is the one who loses least", () => {
    const members = {
      a: ["OWNER", { enabled: false }],
      b: ["OWNER", active("admins")],
      c: ["OWNER", active("admins")],
    } as const;
    const { changes, untouched } = plan(stateOf({ members }), alone);
    expect(untouched).toMatchObject([{ kind: "last-owner", email: "b@example.com" }]);
    expect(changes.map(({ email }) => email)).toEqual(["c@example.com", "a@example.com"].toSorted());
  });

  it("may go when somebody else becomes owner, who comes first", () => {
    const { changes } = plan(stateOf({ members: { a: ["OWNER", active()], z: ["VIEWER", active("owners")] } }), alone);
    expect(changes.map(({ email, to }) => [email, to])).toEqual([
      ["z@example.com", "OWNER"],
      ["a@example.com", "VIEWER"],
    ]);
  });
});
