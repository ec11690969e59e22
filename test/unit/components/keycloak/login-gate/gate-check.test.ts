import { describe, expect, it } from "vitest";
import * as check from "#components/keycloak/login-gate/gate-check-lifecycle.ts";

const inputs = { realm: "company", specification: "{}", flows: ["gated-1"] };

describe("the check behind a gate", () => {
  it("looks again when another flow holds the gate or something else is declared, and only then", () => {
    expect(check.diff(inputs, { ...inputs })).toEqual({ changes: false, replaces: [] });
    expect(check.diff(inputs, { ...inputs, flows: ["gated-2"] })).toEqual({ changes: true, replaces: [] });
    expect(check.diff(inputs, { ...inputs, specification: '{"a":1}' })).toEqual({ changes: true, replaces: [] });
    expect(check.diff(inputs, { ...inputs, realm: "other" })).toEqual({ changes: true, replaces: ["realm"] });
  });
});
