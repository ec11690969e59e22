import { describe, expect, it } from "vitest";
import { parseArguments } from "#sync/commands/arguments.ts";
import { gateCommand } from "#sync/commands/gate.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { client, gatedRealm, openRealm, specification } from "../gate/gated-model.ts";
import { serveRealm } from "../gate/realm-answers.ts";

const people = {
  "dora@example.com": { enabled: true, roles: ["access"], otp: true },
  "nora@example.com": { enabled: true, roles: [], otp: false },
};
const [gate] = specification.gates;
const settings = {
  flow: specification.flow,
  scope: gate?.scope,
  role: gate?.role,
  denyMessage: gate?.denyMessage,
};

/** Runs the command at a server with this realm; answers the exit code and what was printed. */
async function run(model: RealmModel, ...words: string[]): Promise<{ exitCode: number; printed: string }> {
  await using server = await serveRealm(model, people);
  const environment = {
    KEYCLOAK_URL: server.url,
    KEYCLOAK_REALM: model.name,
    GATE_KEYCLOAK_SECRET: "hidden",
    GATE_SETTINGS: JSON.stringify(settings),
  };
  let printed = "";
  const print = (text: string) => {
    printed += `${text}\n`;
  };
  const surroundings = { environment, print, stop: new AbortController().signal };
  const exitCode = await gateCommand(surroundings, parseArguments(["gate", ...words]));
  expect(printed).not.toContain("hidden");
  return { exitCode, printed };
}

describe("gate check", () => {
  it("says in one line that the gate holds", async () => {
    expect(await run(gatedRealm, "check")).toEqual({ exitCode: 0, printed: "The gate holds.\n" });
    expect(await run(gatedRealm, "check", "--json")).toEqual({
      exitCode: 0,
      printed: '{"command":"gate check","exitCode":0,"findings":[]}\n',
    });
  });

  it("ends with 2 and one finding a line, errors first, each with its remedy", async () => {
    const damaged = { ...gatedRealm, registrationAllowed: true, version: "26.4.7" };
    const { exitCode, printed } = await run(damaged, "check");
    expect(exitCode).toBe(2);
    expect(printed.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^error {4}people may register themselves.* \(invariant 25\)$/),
      "         → switch the realm's user registration off, or end its registration flow in the gate",
      expect.stringMatching(/^warning {2}Keycloak 26\.4\.7 .* \(invariant 26\)$/),
      expect.stringMatching(/^ {9}→ update to /),
      "Gate: 1 error, 1 warning",
    ]);
    const json = JSON.parse((await run(damaged, "check", "--json")).printed);
    expect(json).toMatchObject({ command: "gate check", exitCode: 2 });
    expect(json.findings).toEqual([
      { severity: "error", invariant: 25, fact: expect.any(String), remedy: expect.any(String) },
      { severity: "warning", invariant: 26, fact: expect.any(String), remedy: expect.any(String) },
    ]);
  });

  it("ends with 0 on warnings alone", async () => {
    expect(await run({ ...gatedRealm, version: "26.4.7" }, "check")).toMatchObject({ exitCode: 0 });
  });
});

describe("gate simulate", () => {
  it("shows every gated client and another one, with and without the role, on every path", async () => {
    const account = client("account");
    const { exitCode, printed } = await run({ ...gatedRealm, clients: [...gatedRealm.clients, account] }, "simulate");
    expect(exitCode).toBe(0);
    const rows = printed.trimEnd().split("\n");
    expect(rows).toHaveLength(2 * 2 * 10);
    expect(rows[0]).toMatch(/^langfuse {2}with every role {2}password {11}allowed {2}\S/);
    expect(rows.find((row) => /^langfuse {2}without a role {3}broker:vendor /.test(row))).toMatch(
      /denied {3}deny-access-authenticator in marker-in-theirs-/,
    );
    expect(rows.filter((row) => row.startsWith("account ") && row.includes(" session "))).toHaveLength(2);
  });

  it("shows the gate that is not made yet, where that is asked for", async () => {
    const denied = (text: string) => text.split("\n").filter((row) => /^langfuse.*without.* denied /.test(row)).length;
    const open = await run(openRealm, "simulate");
    const declared = await run(openRealm, "simulate", "--declared");
    expect(denied(declared.printed)).toBeGreaterThan(denied(open.printed));
    expect(declared.printed).toBe((await run(gatedRealm, "simulate")).printed);
  });

  it("is data with --json", async () => {
    const { logins, ...rest } = JSON.parse((await run(gatedRealm, "simulate", "--json")).printed);
    expect(rest).toEqual({ command: "gate simulate", exitCode: 0 });
    expect(logins).toContainEqual({
      client: "langfuse",
      person: "without a role",
      path: "password",
      outcome: "denied",
      by: expect.stringContaining("deny-access-authenticator in "),
    });
  });
});

describe("gate explain", () => {
  it.each([
    ["dora@example.com", "allowed"],
    ["nora@example.com", "denied"],
  ])("tells of %s at the client that passwords are %s", async (email, outcome) => {
    const { exitCode, printed } = await run(gatedRealm, "explain", email, "langfuse");
    expect(exitCode).toBe(0);
    expect(printed.split("\n")[0]).toMatch(new RegExp(`^langfuse  ${email}  password +${outcome} `));
    const json = JSON.parse((await run(gatedRealm, "explain", email, "langfuse", "--json")).printed);
    expect(json.command).toBe("gate explain");
    expect(json.logins[0]).toMatchObject({ client: "langfuse", person: email, path: "password", outcome });
  });

  it("suggests the client that was meant, and asks for a person that exists once", async () => {
    await expect(run(gatedRealm, "explain", "dora@example.com", "langfuze")).rejects.toThrow(/"langfuze".*langfuse/);
    await expect(run(gatedRealm, "explain", "x@example.com", "langfuse")).rejects.toThrow(/0 people .*"x@example.com"/);
  });
});

it("names from the realm cannot command the terminal", async () => {
  const hostile = "evil\u001b[2J\r\nerror  gate\u0007";
  const clients = [...gatedRealm.clients, client("account"), client(hostile, { defaultScopes: [gate?.scope ?? ""] })];
  const identityProviders = [{ alias: hostile, enabled: true, postFlow: undefined }];
  const model = { ...gatedRealm, clients, identityProviders };
  for (const words of [["check"], ["simulate"], ["explain", "dora@example.com", hostile]]) {
    const { printed } = await run(model, ...words);
    expect(printed).toContain("evil�[2J��error  gate�");
    expect(printed.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    const json = JSON.parse((await run(model, ...words, "--json")).printed);
    expect(JSON.stringify(json)).toContain(JSON.stringify(hostile).slice(1, -1));
  }
});

it.each([
  [["look"], /gate has no "look"/],
  [["check", "x"], /gate check takes nothing/],
  [["explain", "x@example.com"], /gate explain takes EMAIL and CLIENT/],
])("%j is refused", async (words, message) => {
  await expect(run(gatedRealm, ...words)).rejects.toThrow(message);
});
