import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "#local/pulumi/stack.ts";
import { markedEnvironment, markedProcesses } from "#test/descendants.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { plaintextsIn, SECRET_KEY } from "./langfuse-secrecy.ts";
import { lineOf, run } from "./langfuse-steps.ts";
import { organizationsOf } from "./langfuse-world.ts";

const KINDS = ["Membership", "Organization", "OrganizationApiKey", "Project", "ProjectApiKey"];

/** By it the processes of the engine are recognised. */
const mark = randomUUID();
const tenant = {
  project: { name: "Assistant" },
  projects: [{ name: "Staging" }],
  members: [{ email: "bob@example.com", role: "MEMBER" }],
  services: [{ name: "chat", project: "Staging" }],
};
/** What depends on something that failed is not tried: each company is to meet one failure before the others. */
const companies = ["named", "keyed", "filled", "other"];
const changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  named: { organization: { name: "another name" } },
  keyed: { organizationKey: { generation: 2 } },
  filled: {
    project: { name: "Helper" },
    members: [{ email: "bob@example.com", role: "ADMIN" }],
    services: [{ name: "chat", project: "Staging", generation: 2 }],
  },
};

let ground: Ground;
/** Everything that is secret at any time. */
const secrets = new Set<string>();
/** Everything in which none of it may be, by what it is. */
const places: Record<string, string> = {};

beforeAll(async () => {
  ground = await prepareGround({
    name: "secrets",
    part: "organizations",
    environment: markedEnvironment(mark, {}),
  });
  secrets.add(ground.adminApiKey);
});

afterAll(async () => {
  await ground?.stop();
});

const declare = (own: typeof changes = {}) =>
  ground.stack.configure({
    langfuse: { url: ground.proxy.url },
    organizations: Object.fromEntries(
      companies.map((name) => [name, { ...tenant, organization: { name: `${name} company` }, ...own[name] }]),
    ),
  });

/** A server, or a proxy before it, that says more than it should: all that it was told. */
function tellAll({ headers: { authorization = "" }, body }: { headers: IncomingHttpHeaders; body: string }): string {
  const [, credentials = ""] = authorization.split(" ");
  const decoded = Buffer.from(credentials, "base64").toString();
  return JSON.stringify({ message: `refused ${body} ${authorization} ${credentials} ${decoded}` });
}

/** With a status that nothing is to be waited or asked again for. */
const fault = { kind: "answer", status: 422, body: tellAll } as const;

/** The first request of each of these lines fails, or every request that is none of reading. */
function failAt(lines: readonly string[] | "writes"): void {
  ground.proxy.clear();
  if (lines === "writes") ground.proxy.inject({ fault, matches: ({ method }) => method !== "GET" });
  else {
    for (const line of lines)
      ground.proxy.inject({ fault, position: 0, matches: ({ method, path }) => lineOf(method, path) === line });
  }
}

/** Keeps what an operation printed and left in the state, which also tells what is secret by now. */
async function recorded(title: string, { output }: Outcome): Promise<void> {
  places[`the output of ${title}`] = output;
  places[`the state after ${title}`] = await ground.stack.export();
  for (const secret of plaintextsIn(await ground.stack.export({ showSecrets: true }))) secrets.add(secret);
}

/** An operation that must fail, and for which kinds of resources it did. */
async function failed(title: string, operation: Promise<Outcome>): Promise<Set<string>> {
  const outcome = await operation;
  ground.proxy.clear();
  expect(outcome.exitCode, outcome.output).not.toBe(0);
  expect(outcome.output).toContain("refused");
  await recorded(title, outcome);
  const failures = outcome.output.matchAll(/dynamic[:/]+langfuse:(\w+) \S+ \*\*\w+ failed\*\*/g);
  return new Set([...failures].map(([, kind = ""]) => kind));
}

describe("what fails tells no secret, whatever the server says:", () => {
  it("a creation of each kind of resource, also in the arguments of processes", async () => {
    await declare();
    failAt([
      "POST admin/organizations",
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects",
      "POST public/projects/ID/apiKeys",
      "POST public/scim/Users",
    ]);
    // Until the processes were looked at with the one among them that makes resources.
    const { promise: until, resolve: proceed } = Promise.withResolvers<void>();
    ground.proxy.inject({ fault: { kind: "hold", until }, position: 0 });
    const operation = ground.stack.up(["--continue-on-error"]);
    const commands = new Set<string>();
    for (let isOver = false; !isOver; ) {
      for (const command of await markedProcesses(mark)) commands.add(command);
      if ([...commands].some((command) => command.includes("pulumi/cmd/dynamic-provider"))) proceed();
      isOver = await Promise.race([operation.then(() => true), sleep(100, false)]);
    }
    places["the arguments of processes"] = [...commands].join("\n");
    expect(places["the arguments of processes"]).toContain("pulumi/cmd/dynamic-provider");
    expect([...(await failed("a failed creation", operation))].toSorted()).toEqual(KINDS);
    await recorded("the creation", await run(ground.stack.up()));
  });

  it("an update of each kind", async () => {
    await declare(changes);
    failAt("writes");
    const operation = ground.stack.up(["--continue-on-error"]);
    expect([...(await failed("a failed update", operation))].toSorted()).toEqual(KINDS);
  });

  it("a refresh of each kind", async () => {
    ground.proxy.inject({ fault });
    // The first failure ends a refresh: each kind has begun by then.
    const awaited = new Set([
      "GET admin/organizations/ID",
      "GET admin/organizations/ID/apiKeys",
      "GET public/organizations/memberships",
      "GET public/organizations/projects",
      "GET public/projects/ID/apiKeys",
    ]);
    const { promise: until, resolve: allBegan } = Promise.withResolvers<void>();
    const matches = ({ method, path }: { method: string; path: string }) => {
      awaited.delete(lineOf(method, path));
      if (awaited.size === 0) allBegan();
      return true;
    };
    ground.proxy.inject({ fault: { kind: "hold", until }, matches });
    const operation = ground.stack.refresh(["--parallel", "64"]);
    expect([...(await failed("a failed refresh", operation))].toSorted()).toEqual(KINDS);
  });

  it("a deletion of a member, whom the deletion of an organization takes along", async () => {
    await declare({ other: { members: [] } });
    failAt("writes");
    expect(await failed("a failed removal", ground.stack.up())).toEqual(new Set(["Membership"]));
  });

  it("a deletion of each other kind", async () => {
    failAt([
      "DELETE admin/organizations/ID",
      "DELETE admin/organizations/ID/apiKeys/ID",
      "DELETE public/projects/ID",
      "DELETE public/projects/ID/apiKeys/ID",
    ]);
    const operation = ground.stack.destroy(["--continue-on-error"]);
    expect([...(await failed("a failed deletion", operation))].toSorted()).toEqual(
      KINDS.filter((kind) => kind !== "Membership"),
    );
    await run(ground.stack.destroy());
    expect(await organizationsOf(ground)).toEqual([]);
  });

  it("in nothing of all that", () => {
    expect(secrets.size).toBeGreaterThan(3 * companies.length);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect(text.includes(secret), `${place} holds a secret`).toBe(false);
      expect(text, place).not.toMatch(SECRET_KEY);
    }
  });
});
