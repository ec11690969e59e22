import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Admission } from "#sync/webhook/admission.ts";
import { type Credentials, isAuthentic } from "#sync/webhook/authentication.ts";
import { webhookConfiguration } from "#sync/webhook/configuration.ts";

const now = Date.parse("2026-03-10T00:00:00Z");
const login = (more: object) => ({ type: "LOGIN", userId: "1", time: now, ...more });

describe("an event", () => {
  it.each([
    ["of this realm, by name", { realmName: "company" }, "accepted"],
    ["of this realm, by its id", { realmId: "id-of-company" }, "accepted"],
    ["of this realm, by its name as id", { realmId: "company" }, "accepted"],
    ["that names no realm", {}, "accepted"],
    ["of another realm, by name", { realmName: "master", realmId: "id-of-company" }, "other-realm"],
    ["of another realm, by id", { realmId: "id-of-master" }, "other-realm"],
    ["that changes nobody's roles", { type: "LOGOUT" }, "ignored"],
    ["that is an hour old", { time: now - 3_600_001 }, "old"],
    ["of a clock that is ahead", { time: now + 3_600_001 }, "accepted"],
  ])("%s", (_title, more, outcome) => {
    const admission = new Admission("company");
    admission.realmId = "id-of-company";
    expect(admission.admit(login(more), now)?.outcome).toBe(outcome);
  });

  it("of an unknown realm is accepted until the id of ours is known", () => {
    expect(new Admission("company").admit(login({ realmId: "some-id" }), now)?.outcome).toBe("accepted");
  });

  it("that comes again is no second event, and so many are remembered", () => {
    const admission = new Admission("company");
    const outcomeOf = (uid: string) => admission.admit(login({ uid }), now)?.outcome;
    expect([outcomeOf("1"), outcomeOf("1"), outcomeOf("2")]).toEqual(["accepted", "repeated", "accepted"]);
    for (let index = 0; index < 10_000; index += 1) outcomeOf(`more ${index}`);
    expect(outcomeOf("1")).toBe("accepted");
  });
});

describe("who sent it", () => {
  const body = Buffer.from('{"type":"LOGIN"}');
  const credentials: Credentials = {
    secrets: ["the-secret-of-today", "the-secret-of-before"],
    username: "keycloak",
    algorithm: "HmacSHA256",
  };
  const sign = (secret: string, algorithm = "sha256") => createHmac(algorithm, secret).update(body).digest("hex");
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` });

  it.each([
    ["signed with the secret", { "x-keycloak-signature": sign("the-secret-of-today") }, true],
    ["signed with the one before", { "x-keycloak-signature": sign("the-secret-of-before") }, true],
    ["signed in upper case", { "x-keycloak-signature": sign("the-secret-of-today").toUpperCase() }, true],
    ["signed with another secret", { "x-keycloak-signature": sign("guessed") }, false],
    ["signed with another algorithm", { "x-keycloak-signature": sign("the-secret-of-today", "sha1") }, false],
    ["signed with nothing", { "x-keycloak-signature": "" }, false],
    [
      "wrongly signed and with a password",
      { "x-keycloak-signature": "0", ...basic("keycloak:the-secret-of-today") },
      false,
    ],
    ["with user name and password", basic("keycloak:the-secret-of-today"), true],
    ["with the password before", basic("keycloak:the-secret-of-before"), true],
    ["with another user name", basic("admin:the-secret-of-today"), false],
    ["with another password", basic("keycloak:guessed"), false],
    ["with no password", basic("keycloak:"), false],
    ["with a token", { authorization: "Bearer the-secret-of-today" }, false],
    ["with nothing", {}, false],
  ])("%s", (_title, headers, expected) => {
    expect(isAuthentic(headers, body, credentials)).toBe(expected);
  });

  it("another body has another signature, and SHA-1 is good where it is chosen", () => {
    const headers = { "x-keycloak-signature": sign("the-secret-of-today") };
    expect(isAuthentic(headers, Buffer.from("{}"), credentials)).toBe(false);
    const older = { "x-keycloak-signature": sign("the-secret-of-today", "sha1") };
    expect(isAuthentic(older, body, { ...credentials, algorithm: "HmacSHA1" })).toBe(true);
  });
});

describe("the configuration", () => {
  const secret = "sixteen-and-more";
  it("has defaults, and both secrets while one replaces the other", () => {
    const files: Record<string, string> = { "/now": `${secret}\n`, "/before": `${secret}-before` };
    const readFile = (file: string) => files[file] ?? "";
    expect(
      webhookConfiguration({ WEBHOOK_SECRET_FILE: "/now", WEBHOOK_PREVIOUS_SECRET_FILE: "/before" }, readFile),
    ).toEqual({
      secrets: [secret, `${secret}-before`],
      username: "keycloak",
      algorithm: "HmacSHA256",
      port: 8080,
    });
  });

  it("names everything that is wrong, and no secret", () => {
    const wrong = { WEBHOOK_SECRET: "guessable", WEBHOOK_ALGORITHM: "HmacSHA25", WEBHOOK_PORT: "http" };
    const read = () => webhookConfiguration(wrong);
    expect(read).toThrow("WEBHOOK_SECRET has 9 characters");
    expect(read).toThrow('WEBHOOK_ALGORITHM is "HmacSHA25" (did you mean "HmacSHA256"?)');
    expect(read).toThrow('WEBHOOK_PORT is "http"; write a number from 0 to 65535');
    expect(read).not.toThrow("guessable");
    expect(() => webhookConfiguration({})).toThrow("WEBHOOK_SECRET is not set");
  });
});
