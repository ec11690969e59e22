import { describe, expect, it } from "vitest";
import { checkGate } from "#sync/gate/check.ts";
import { PATHS, type Path, type Person } from "#sync/gate/login.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { findingsText, loginsOf, simulationText } from "#sync/gate/report.ts";
import { simulate } from "#sync/gate/simulation.ts";
import { flowOf, gatedRealm, openRealm, specification } from "./gated-model.ts";

const holder: Person = { enabled: true, roles: ["access"], otp: false };
const nobody: Person = { enabled: true, roles: [], otp: false };
const outcome = (model: RealmModel, path: Path, person = nobody, client = "langfuse", identityProvider = "partner") =>
  simulate(model, { client, person, path, identityProvider });
const gatedPaths: readonly Path[] = ["password", "session", "silent", "reauthentication", "broker"];

describe("a simulated login", () => {
  it.each(gatedPaths)("by %s: to a gated client for holders only, to another one for everybody", (path) => {
    expect(outcome(gatedRealm, path, holder).outcome).toBe("allowed");
    expect(outcome(gatedRealm, path).outcome).toBe("denied");
    expect(outcome(gatedRealm, path, nobody, "wiki").outcome).toBe("allowed");
    expect(outcome(openRealm, path).outcome).toBe("allowed");
  });

  it("names the execution that decided", () => {
    expect(outcome(gatedRealm, "password").by).toMatch(/^deny-access-authenticator in gated-[0-9a-f]{8}-marker$/);
    expect(outcome(gatedRealm, "broker", nobody, "langfuse", "vendor").by).toContain("in marker-in-theirs-");
  });

  it.each(PATHS.filter((path) => path !== "refresh"))("of a disabled person is denied by %s", (path) => {
    expect(outcome(gatedRealm, path, { ...holder, enabled: false }).outcome).toBe("denied");
  });

  it("passes by the gate wherever the check says so", () => {
    expect(outcome({ ...gatedRealm, resetPasswordAllowed: true }, "reset-credentials").outcome).toBe("allowed");
    const clients = gatedRealm.clients.map((one) => ({ ...one, directGrant: true }));
    expect(outcome({ ...gatedRealm, clients }, "direct-grant").outcome).toBe("allowed");
    expect(outcome(gatedRealm, "refresh").outcome).toBe("allowed");
  });

  it.each<[string | undefined, Record<string, string>[], string]>([
    ["only-federated", [{}], "allowed"],
    ["only-federated", [{ "force-login": "true" }], "denied"],
    ["true", [{}], "denied"],
    ["true", [{ "force-login": "false" }], "allowed"],
    ["only-federated", [{ "force-login": "true" }, {}], "allowed"],
    ["only-federated", [{ "force-login": "true" }, { "force-login": "true" }], "denied"],
    ["only-federated", [], "allowed"],
    [undefined, [{ "force-login": "true" }], "allowed"],
  ])(
    "after the reset of a password, where %s is the default and %j configured, is %s",
    (forceLoginDefault, mails, end) => {
      const steps = [
        { level: 0, requirement: "REQUIRED", providerId: "reset-credentials-choose-user" },
        ...mails.map((values, index) => ({
          level: 0,
          requirement: "REQUIRED",
          providerId: "reset-credential-email",
          ...(Object.keys(values).length > 0 ? { config: { alias: `mail-${index}`, values } } : {}),
        })),
      ];
      const flows = { ...gatedRealm.flows, "reset credentials": flowOf("reset credentials", steps) };
      const model = { ...gatedRealm, flows, forceLoginDefault, resetPasswordAllowed: true };
      expect(outcome(model, "reset-credentials").outcome).toBe(end);
      expect(checkGate(model, specification).some(({ fact }) => fact.includes("reset their password"))).toBe(
        end === "allowed",
      );
    },
  );

  it("by direct grant needs the second factor of whoever has one, who can send its code", () => {
    const steps = ["direct-grant-validate-username", "direct-grant-validate-password", "direct-grant-validate-otp"];
    const rows = steps.map((providerId) => ({ level: 0, requirement: "REQUIRED", providerId }));
    const clients = gatedRealm.clients.map((one) => ({ ...one, directGrant: true }));
    const model = { ...gatedRealm, clients, flows: { "direct grant": flowOf("direct grant", rows) } };
    expect(outcome(model, "direct-grant", { ...holder, otp: true }).outcome).toBe("allowed");
    expect(outcome(model, "direct-grant", holder).outcome).toBe("denied");
  });

  it("of a device runs the browser flow, where the client has the grant at all", () => {
    const clients = gatedRealm.clients.map((one) => ({ ...one, device: true }));
    expect(outcome(gatedRealm, "device", holder).outcome).toBe("denied");
    expect(outcome({ ...gatedRealm, clients }, "device", holder).outcome).toBe("allowed");
    expect(outcome({ ...gatedRealm, clients }, "device").outcome).toBe("denied");
  });

  it("with a second factor that is REQUIRED lets a person without one set it up, as the server does", () => {
    const steps = ["auth-username-password-form", "auth-otp-form"];
    const browser = flowOf(
      "browser",
      steps.map((providerId) => ({ level: 0, requirement: "REQUIRED", providerId })),
    );
    const model = { ...openRealm, flows: { ...openRealm.flows, browser } };
    expect(outcome(model, "password").outcome).toBe("allowed");
  });

  it("is unknown where a step or a name is unknown", () => {
    const browser = flowOf("browser", [{ level: 0, requirement: "REQUIRED", providerId: "their-own-step" }]);
    expect(outcome({ ...openRealm, flows: { browser } }, "password").outcome).toBe("unknown");
    expect(outcome(openRealm, "password", nobody, "gone").outcome).toBe("unknown");
    expect(outcome(openRealm, "broker", nobody, "langfuse", "gone").outcome).toBe("unknown");
    expect(outcome({ ...openRealm, flows: {} }, "password").outcome).toBe("unknown");
  });

  it("evaluates as the server does: alternatives beside a REQUIRED step do not count", () => {
    const mixed = [
      { level: 0, requirement: "ALTERNATIVE", providerId: "auth-cookie" },
      { level: 0, requirement: "REQUIRED", providerId: "auth-username-password-form" },
    ];
    const model = { ...openRealm, flows: { browser: flowOf("browser", mixed) } };
    expect(outcome(model, "session").outcome).toBe("denied");
    expect(outcome(model, "password").outcome).toBe("allowed");
  });

  it("fails where nothing but skipped conditional steps is left", () => {
    const only = [
      { level: 0, requirement: "CONDITIONAL", displayName: "gate", authenticationFlow: true },
      { level: 1, requirement: "REQUIRED", providerId: "conditional-user-role" },
      { level: 1, requirement: "REQUIRED", providerId: "deny-access-authenticator" },
    ];
    expect(
      outcome({ ...openRealm, flows: { theirs: flowOf("theirs", only) } }, "broker", nobody, "wiki", "vendor"),
    ).toEqual({ outcome: "denied", by: "theirs: nothing succeeded" });
  });
});

describe("the table of logins", () => {
  it("has a row for every path, and one for each identity provider that is enabled", () => {
    const logins = loginsOf(gatedRealm, { dora: holder }, ["langfuse"]);
    expect(logins.map(({ path }) => path)).toEqual([
      "password",
      "session",
      "silent",
      "reauthentication",
      "broker:partner",
      "broker:vendor",
      "reset-credentials",
      "direct-grant",
      "device",
      "refresh",
    ]);
    const [first = ""] = simulationText(logins).split("\n");
    expect(first).toMatch(/^langfuse {2}dora {2}password +allowed {2}\S/);
  });

  it("is preceded by findings with their remedies and a count", () => {
    expect(findingsText([])).toBe("The gate holds.");
    const finding = { severity: "warning", invariant: 26, fact: "It is old", remedy: "update it" } as const;
    expect(findingsText([finding])).toBe(
      "warning  It is old (invariant 26)\n         → update it\nGate: 0 errors, 1 warning",
    );
  });
});
