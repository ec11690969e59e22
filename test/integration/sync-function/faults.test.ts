import { describe, expect, it } from "vitest";
import { LAST_CALLS } from "#sync/commands/context.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { decide } from "#sync/decision.ts";
import { AccessError } from "#sync/errors.ts";
import { createKeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory } from "#sync/keycloak/directory.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import type { Answer } from "./http-server.ts";
import { startOrganization } from "./organization-server.ts";
import { KEYCLOAK_CREDENTIALS, type Realm, startRealm } from "./realm-server.ts";

/** So many that lists take fewer requests than asking about each person, and all kinds of reads are made. */
const bystanders = Array.from({ length: 40 }, (_, index) => `bystander-${index}@example.com`);

const realm: Realm = {
  people: [
    ...bystanders.map((email) => ({ id: email, email })),
    { id: "1", email: "direct@example.com", roles: ["langfuse-admin"] },
    { id: "2", email: "grouped@example.com", groups: ["child"] },
    { id: "3", email: "none@example.com" },
  ],
  roles: { "langfuse-admin": [], "langfuse-member": [], staff: ["langfuse-member"] },
  groups: { parent: { roles: ["staff"] }, child: { parent: "parent" } },
};
const members = {
  ...Object.fromEntries(bystanders.map((email) => [email, "VIEWER"])),
  "owner@example.com": "OWNER",
  "direct@example.com": "ADMIN",
  "grouped@example.com": "VIEWER",
  "none@example.com": "ADMIN",
};

/** Every read that one run over this realm makes. */
const READS = [
  "token",
  "roles",
  "composites",
  "role users",
  "groups",
  "group count",
  "group members",
  "users",
  "user count",
  "components",
  "effective roles",
];

const FAULTS: readonly (readonly [string, Answer])[] = [
  ["fails", { status: 500, text: "Internal Server Error" }],
  ["is refused", { status: 403, json: { error: "HTTP 403 Forbidden" } }],
  ["is not JSON", { status: 200, text: "<!doctype html><title>Sign in</title>" }],
  ["has another shape", { status: 200, json: "nothing to see" }],
  [
    "is cut off",
    (response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("[");
      setTimeout(() => response.destroy(), 5);
    },
  ],
];

describe.each(READS)("when the read of %s", (read) => {
  it.concurrent.each(FAULTS)("%s, apply ends with 5 and writes nothing", async (_title, answer) => {
    await using keycloak = await startRealm(realm, { fault: (name) => (name === read ? answer : undefined) });
    await using langfuse = await startOrganization(members);
    const { exitCode, complaints } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect(exitCode).toBe(5);
    expect(langfuse.writes()).toEqual([]);
    expect(complaints).toMatch(/^Keycloak: /);
    expect(complaints).not.toMatch(/secret-value|signature|\n/);
  });

  it.concurrent("never ends, the run gives up", async () => {
    await using keycloak = await startRealm(realm, { fault: (name) => (name === read ? () => {} : undefined) });
    await using langfuse = await startOrganization(members);
    const limits = { timeout: 60, attempts: 2 };
    const { organizations } = readConfiguration(environmentFor(keycloak, langfuse));
    const decision = decide(
      createDirectory(createKeycloakClient({ url: keycloak.url, ...KEYCLOAK_CREDENTIALS, ...limits })),
      organizations.map((one) => ({ ...one, langfuse: createLangfuseClient(one.langfuse) })),
      new Map(),
      new Date(),
    );
    await expect(decision).rejects.toThrow(AccessError);
    await expect(decision).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("a list that is cut short without a word", () => {
  const short: readonly (readonly [string, string, Answer])[] = [
    [
      "the realm's roles",
      "roles",
      {
        status: 200,
        json: [
          { id: "x", name: "langfuse-admin" },
          { id: "y", name: "langfuse-member" },
        ],
      },
    ],
    ["the service account's own roles", "effective roles", { status: 200, json: [] }],
    ["the groups", "groups", { status: 200, json: [] }],
    ["the fields of a group", "groups", { status: 200, json: [{ id: "parent" }, { id: "child", parentId: "parent" }] }],
    ["the fields of a person", "role users", { status: 200, json: [{ id: "1", email: "direct@example.com" }] }],
  ];
  it.concurrent.each(short)("stops the run: %s", async (_title, read, answer) => {
    await using keycloak = await startRealm(realm, { fault: (name) => (name === read ? answer : undefined) });
    await using langfuse = await startOrganization(members);
    const { exitCode, complaints } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect([exitCode, langfuse.writes()], complaints).toEqual([5, []]);
  });

  it.each([
    ["nothing", []],
    ["the default role alone", ["default-roles-company"]],
    ["less than the lists", ["default-roles-company", "langfuse-member"]],
  ])("stops the run: people whose own roles are answered as %s", async (_title, names) => {
    const json = names.map((name) => ({ id: `role-${name}`, name }));
    await using keycloak = await startRealm(realm, {
      fault: (name, { url }) =>
        name === "effective roles" && !url.pathname.includes("/service-account/") ? { status: 200, json } : undefined,
    });
    await using langfuse = await startOrganization({ ...members, "direct@example.com": "OWNER" });
    const { exitCode, complaints } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect([exitCode, langfuse.writes()], complaints).toEqual([5, []]);
  });

  it("changes nobody when the holders of a role are missing, because the person's own roles decide", async () => {
    await using keycloak = await startRealm(realm, {
      fault: (name) => (name === "role users" || name === "group members" ? { status: 200, json: [] } : undefined),
    });
    await using langfuse = await startOrganization({
      ...members,
      "grouped@example.com": "MEMBER",
      "none@example.com": "VIEWER",
    });
    const { exitCode } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect([exitCode, langfuse.writes()]).toEqual([0, []]);
  });

  it("stops the run when a mapped role does not exist, and suggests the one that was meant", async () => {
    await using keycloak = await startRealm(realm);
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: '{"langfuse-admn":"ADMIN"}' };
    const { exitCode, complaints } = await runCommand(["apply"], environment);
    expect([exitCode, langfuse.writes()]).toEqual([5, []]);
    expect(complaints).toContain('has no role "langfuse-admn" (did you mean "langfuse-admin"?)');
  });
});

describe("faults of Langfuse", () => {
  it("end the run with 5 when the members cannot be read", async () => {
    await using keycloak = await startRealm(realm);
    await using langfuse = await startOrganization(members, () => ({
      status: 403,
      json: { error: "This feature is not available on your current plan." },
    }));
    const { exitCode, complaints } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect(exitCode).toBe(5);
    expect(complaints).toContain("enterprise licence");
  });

  it("end the run with 5 when there is not a single member", async () => {
    await using keycloak = await startRealm(realm);
    await using langfuse = await startOrganization({});
    expect((await runCommand(["apply"], environmentFor(keycloak, langfuse))).exitCode).toBe(5);
  });

  it.each([
    ["a lost race", { status: 409, json: { detail: "Concurrent update conflict for this user. Please retry." } }],
    ["a rate limit", { status: 429, json: { message: "Rate limit exceeded" }, headers: { "retry-after": "0" } }],
    ["a lost transaction", { status: 500, text: "Internal Server Error" }],
  ])("are repeated when it is %s", async (_title, answer) => {
    await using keycloak = await startRealm(realm);
    let refusals = 2;
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" && refusals-- > 0 ? answer : undefined,
    );
    expect((await runCommand(["apply"], environmentFor(keycloak, langfuse))).exitCode).toBe(0);
    expect(langfuse.roles()).toMatchObject({ "grouped@example.com": "MEMBER", "none@example.com": "VIEWER" });
  });

  it("of one person do not stop the others and end with 4", async () => {
    await using keycloak = await startRealm(realm);
    await using langfuse = await startOrganization(members, ({ method, url }) =>
      method === "PUT" && url.pathname.includes("grouped") ? { status: 400, json: { detail: "no" } } : undefined,
    );
    const { exitCode, output } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect(exitCode).toBe(4);
    expect(langfuse.roles()).toMatchObject({ "grouped@example.com": "VIEWER", "none@example.com": "VIEWER" });
    expect(output).toContain("failed: grouped@example.com VIEWER → MEMBER");
    expect(output).toContain("Applied: 1 applied, 1 failed");
  });

  it("end with 4 when a change is answered with success and not made", async () => {
    await using keycloak = await startRealm(realm);
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? { status: 200, json: {} } : undefined,
    );
    const { exitCode, output } = await runCommand(["apply"], environmentFor(keycloak, langfuse));
    expect(exitCode).toBe(4);
    expect(output).toContain("accepted the change, but the role is ADMIN");
  });
});

describe("tokens", () => {
  it("that are refused are replaced once and the request is repeated", async () => {
    let refused = 0;
    await using keycloak = await startRealm(realm, {
      fault: (name) =>
        name === "groups" && refused++ === 0 ? { status: 401, json: { error: "HTTP 401 Unauthorized" } } : undefined,
    });
    await using langfuse = await startOrganization(members);
    expect((await runCommand(["plan"], environmentFor(keycloak, langfuse))).exitCode).toBe(2);
    expect(keycloak.tokens).toHaveLength(2);
  });

  it("that are refused again end the run with a hint at the missing scope", async () => {
    await using keycloak = await startRealm(realm, {
      fault: (name) => (name === "roles" ? { status: 401, json: {} } : undefined),
    });
    await using langfuse = await startOrganization(members);
    const { exitCode, complaints } = await runCommand(["plan"], environmentFor(keycloak, langfuse));
    expect([exitCode, keycloak.tokens.length]).toEqual([5, 2]);
    expect(complaints).toContain("kc-admin-api");
  });

  it("that live shortly are renewed before they end", async () => {
    await using keycloak = await startRealm(realm, { tokenLife: 0.008 });
    await using langfuse = await startOrganization(members);
    expect((await runCommand(["apply"], environmentFor(keycloak, langfuse))).exitCode).toBe(0);
    expect(keycloak.tokens.length).toBeGreaterThan(1);
  });

  it("are not asked for again when the secret is wrong", async () => {
    await using keycloak = await startRealm(realm, {
      fault: (name) =>
        name === "token"
          ? {
              status: 401,
              json: { error: "unauthorized_client", error_description: "Invalid client or Invalid client credentials" },
            }
          : undefined,
    });
    await using langfuse = await startOrganization(members);
    const { exitCode, complaints } = await runCommand(["plan"], environmentFor(keycloak, langfuse));
    expect([exitCode, keycloak.received.length]).toEqual([5, 1]);
    expect(complaints).toContain('check the secret of client "langfuse-sync"');
    expect(complaints).not.toContain("secret-value");
  });
});

describe("being told to stop", () => {
  it.each(["plan", "apply"])("%s ends at once with 5, whoever it waits for", async (command) => {
    await using keycloak = await startRealm(realm);
    const stop = new AbortController();
    let toldAt = 0;
    await using langfuse = await startOrganization(members, () => () => {
      toldAt ||= performance.now();
      stop.abort();
    });
    const { exitCode, complaints } = await runCommand([command], environmentFor(keycloak, langfuse), stop.signal);
    expect([exitCode, complaints]).toEqual([5, expect.stringContaining("the run was told to stop")]);
    // Calls that have begun would have some more time, and a silence is borne for longer still.
    expect(performance.now() - toldAt).toBeLessThan(LAST_CALLS);
  });

  it("finishes the people in hand, begins nobody else and ends with 4", async () => {
    await using keycloak = await startRealm({
      ...realm,
      people: Array.from({ length: 20 }, (_, index) => ({
        id: `${index}`,
        email: `${index}@example.com`,
        roles: ["langfuse-member"],
      })),
    });
    const stop = new AbortController();
    const viewers = Array.from({ length: 20 }, (_, index) => [`${index}@example.com`, "VIEWER"]);
    await using langfuse = await startOrganization(Object.fromEntries(viewers), ({ method }) => {
      if (method === "PUT") stop.abort();
      return undefined;
    });
    const { exitCode, output } = await runCommand(["apply", "--json"], environmentFor(keycloak, langfuse), stop.signal);
    const [{ outcome }] = JSON.parse(output).organizations;
    expect(exitCode).toBe(4);
    expect(langfuse.writes().length).toBeLessThanOrEqual(3);
    expect(outcome.applied).toHaveLength(langfuse.writes().length);
    expect(outcome.applied.length + outcome.notAttempted.length).toBe(20);
  });
});
