import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import {
  check,
  create,
  diff,
  type LastingSecretInputs,
  update,
} from "#components/langfuse/lasting-secret-lifecycle.ts";

const salt = (value: string, isTaken = false): LastingSecretInputs => ({ variable: "SALT", value, isTaken });
const session = (value: string, generation: number, isTaken = false): LastingSecretInputs => ({
  variable: "NEXTAUTH_SECRET",
  value,
  isTaken,
  generation,
});
const key = (value: string): LastingSecretInputs => ({ variable: "ENCRYPTION_KEY", value, isTaken: true });

/** What an `up` ends with: the kept value, or the reason why there is none. */
function outcome(olds: Partial<LastingSecretInputs>, news: LastingSecretInputs): string {
  const { inputs, failures } = check(olds, news);
  return failures[0]?.reason ?? inputs.value;
}

describe("a lasting secret", () => {
  it.each<[string, Partial<LastingSecretInputs>, LastingSecretInputs, string | RegExp]>([
    ["is what it is made as at first", {}, salt("made"), "made"],
    ["is what an installation has at first", {}, salt("taken", true), "taken"],
    ["stays when its generator makes another one", salt("made"), salt("other"), "made"],
    ["stays while its generator is not known yet", salt("made"), salt(UNKNOWN), "made"],
    ["stays when the installation is not named any more", salt("taken", true), salt("made"), "taken"],
    ["stays while the installation is not known yet", salt("taken", true), salt(UNKNOWN, true), "taken"],
    ["stays when the installation has the same", salt("made"), salt("made", true), "made"],
    [
      "refuses another one of an installation",
      salt("made"),
      salt("taken", true),
      /^SALT would change.*every API key stops/,
    ],
    ["takes it when that is asked for", salt("made"), { ...salt("taken", true), mayReplace: true }, "taken"],
    ["refuses an installation that has none", {}, salt("", true), /has no SALT: name its key/],
    ["refuses a key of the wrong form without showing it", {}, key("zebra"), /^ENCRYPTION_KEY must have 64 hex[^z]*$/],
    ["takes a key of the right form", {}, key("A1".repeat(32)), "A1".repeat(32)],
    ["of sessions stays in the same generation", session("a", 1), session("b", 1), "a"],
    ["of sessions changes with the next generation", session("a", 1), session("b", 2), "b"],
    ["of sessions changes with a generation that is not known yet", session("a", 1), session(UNKNOWN, 2), UNKNOWN],
    ["of sessions never goes back", session("b", 2), session("a", 1, true), /generation 2 and cannot go back to 1/],
  ])("%s", (_title, olds, news, expected) => {
    const found = outcome(olds, news);
    if (typeof expected === "string") expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });

  it("without a generation never changes, whatever the program says", () => {
    const step = fc.record({ value: fc.constantFrom("a", "b", "c", UNKNOWN), isTaken: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        let kept: LastingSecretInputs | undefined;
        for (const { value, isTaken } of steps) {
          const { inputs, failures } = check(kept ?? {}, salt(value, isTaken));
          // An engine stops at failures, and never stores what a preview does not know.
          if (failures.length > 0 || inputs.value === UNKNOWN) continue;
          if (kept) expect(inputs.value).toBe(kept.value);
          kept = inputs;
        }
      }),
    );
  });

  it("is stored whole, changes only when it has to, and tells its value in no message", () => {
    const { id, outs } = create(session("hidden", 2));
    expect([id, outs]).toEqual(["NEXTAUTH_SECRET", session("hidden", 2)]);
    expect(update(salt("hidden")).outs).toEqual(salt("hidden"));
    expect(diff(salt("a"), salt("a", true)).changes).toBe(false);
    expect(diff(session("a", 1), session("b", 2)).changes).toBe(true);
    const { failures } = check(salt("hidden-1"), salt("hidden-2", true));
    expect(JSON.stringify(failures)).not.toContain("hidden-");
    // The engine prints the value of the property that a failure names.
    expect(failures.map(({ property }) => property)).toEqual(["variable"]);
  });
});
