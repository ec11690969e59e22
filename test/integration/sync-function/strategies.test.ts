import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Fault } from "#local/fault-proxy/rule.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { applyReport } from "#sync/commands/report.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { decide } from "#sync/decision.ts";
import { createKeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory } from "#sync/keycloak/directory.ts";
import type { Choice, Strategy } from "#sync/keycloak/strategy.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import type { TestServer } from "./http-server.ts";
import { type Person, type Realm, startRealm } from "./realm-server.ts";

/** Users of Langfuse are for ever: every run has addresses of its own. */
const RUN = randomUUID().slice(0, 8);
const address = (name: string) => `${name}@${RUN}.example.com`;
const human = (name: string, more: Partial<Person> = {}): Person => ({ id: name, email: address(name), ...more });

/** Bystanders, so that lists are the cheaper way. */
const crowd = (count: number) => Array.from({ length: count }, (_, index) => `bystander-${index}`);

const people: readonly Person[] = [
  human("admin", { roles: ["langfuse-admin"] }),
  human("grouped", { groups: ["child"] }),
  human("agent", { clientRoles: ["crm/agent"] }),
  human("clerk", { clientRoles: ["crm/clerk"] }),
  human("stored", { federationLink: "ldap", storageRoles: ["langfuse-member"] }),
  human("fallen"),
  human("off", { enabled: false, roles: ["langfuse-admin"] }),
  human("newcomer", { roles: ["langfuse-member"] }),
  { ...human("twin"), id: "twin-1" },
  { ...human("twin"), id: "twin-2", roles: ["langfuse-admin"] },
];
const MEMBERS: Readonly<Record<string, Role>> = {
  admin: "VIEWER",
  grouped: "ADMIN",
  agent: "VIEWER",
  clerk: "ADMIN",
  stored: "ADMIN",
  fallen: "MEMBER",
  off: "MEMBER",
  stranger: "VIEWER",
  twin: "VIEWER",
};

interface Scenario {
  readonly strategy: Strategy;
  readonly federated: boolean;
  readonly bystanders: number;
  readonly provision: boolean;
}
const SCENARIOS: readonly Scenario[] = [
  { strategy: "per-member", federated: true, bystanders: 0, provision: false },
  { strategy: "holders", federated: false, bystanders: 60, provision: true },
  { strategy: "hybrid", federated: true, bystanders: 400, provision: false },
];

function realmOf({ federated, bystanders }: Scenario): Realm {
  const local = people.map((person) => (federated ? person : { ...person, federationLink: undefined }));
  return {
    people: [...crowd(bystanders).map((name) => human(name)), ...local] as readonly Person[],
    roles: { "langfuse-admin": [], "langfuse-member": [], staff: ["langfuse-member"] },
    groups: { parent: { roles: ["staff"] }, child: { parent: "parent" } },
    clients: { crm: { agent: [], clerk: ["langfuse-member"] } },
    sharedEmails: true,
    federated,
  };
}

let langfuseUrl: string;
let admin: LangfuseAdminClient;
let folder: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-strategies-"));
  const named = await namedTarget();
  const standIn = named === undefined ? await startLangfuse() : undefined;
  const target = named ?? standIn?.target;
  if (target?.adminApiKey === undefined) throw new Error("the target needs adminApiKey, to make organizations");
  langfuseUrl = target.url;
  admin = createLangfuseAdminClient({ url: langfuseUrl, adminApiKey: target.adminApiKey });
  cleanups.push(async () => standIn?.stop());
});

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean().catch(() => {});
  await rm(folder, { recursive: true });
});

interface World {
  readonly clients: readonly LangfuseClient[];
  readonly environment: Record<string, string>;
  /** Organization and project roles of both organizations. */
  roles(): Promise<unknown>;
}

/** Two organizations with a project and the same members each, and what the sync is told about them. */
async function worldOf({ bystanders, provision }: Scenario, keycloakUrl: string): Promise<World> {
  const id = randomUUID().slice(0, 8);
  const made = await Promise.all(
    [0, 1].map(async (index) => {
      const { id: organization } = await admin.createOrganization({ name: `strategies ${id} ${index}` });
      const { publicKey, secretKey } = await admin.createApiKey(organization, {});
      const client = createLangfuseClient({ url: langfuseUrl, publicKey, secretKey });
      const project = await client.createProject({ name: "Assistant" });
      const ids = new Map<string, string>();
      const members = { owner: "OWNER" as const, ...MEMBERS };
      for (const [name, role] of Object.entries(members)) {
        ids.set(name, (await client.createScimUser({ userName: address(name), role })).id);
      }
      for (const name of crowd(bystanders)) await client.createScimUser({ userName: address(name), role: "VIEWER" });
      await client.putProjectMembership(project.id, ids.get("fallen") ?? "", "ADMIN");
      cleanups.push(async () => {
        await client.deleteProject(project.id);
        await admin.deleteOrganization(organization).catch(() => {});
      });
      const absences = { [ids.get("stranger") ?? ""]: "2020-01-01T00:00:00.000Z" };
      return { organization, publicKey, secretKey, client, project: project.id, absences };
    }),
  );
  const at = (name: string) => path.join(folder, `${id}-${name}`);
  const keys = Object.fromEntries(
    made.flatMap(({ publicKey, secretKey }, index) => [
      [`PUBLIC_${index}`, publicKey],
      [`SECRET_${index}`, secretKey],
    ]),
  );
  const rules = [
    { from: { realmRole: "langfuse-admin" }, organization: "ADMIN" },
    { from: { realmRole: "langfuse-member" }, organization: "MEMBER", projects: { Assistant: "ADMIN" } },
    { from: { clientRole: "crm/agent" }, organization: "MEMBER" },
    { from: { group: "/child" }, projects: { Assistant: "VIEWER" } },
  ];
  const document = {
    defaults: {
      default: "VIEWER",
      unmatched: "remove",
      graceDays: 1,
      protect: [address("owner")],
      guards: { ambiguous: "skip", removals: { floor: 10 }, demotions: { floor: 20 }, escalations: { floor: 10 } },
    },
    organizations: made.map(({ organization }, index) => ({
      id: organization,
      publicKeyVariable: `PUBLIC_${index}`,
      secretKeyVariable: `SECRET_${index}`,
      provision: provision && index === 0,
      rules,
    })),
  };
  await writeFile(at("sync.json"), JSON.stringify(document));
  const state = {
    version: 1,
    organizations: Object.fromEntries(made.map(({ organization, absences }) => [organization, { absences }])),
  };
  await writeFile(at("state.json"), JSON.stringify(state));
  const {
    LANGFUSE_ORG_ID: _id,
    ROLE_MAPPING: _mapping,
    ...common
  } = environmentFor({ url: keycloakUrl }, { url: langfuseUrl });
  return {
    clients: made.map(({ client }) => client),
    environment: { ...common, ...keys, SYNC_CONFIG: at("sync.json"), STATE_FILE: at("state.json") },
    roles: () =>
      Promise.all(
        made.map(async ({ client, project }) => {
          const lists = await Promise.all([client.listMemberships(), client.listProjectMemberships(project)]);
          return lists.map((list) => list.map(({ email, role }) => `${email} ${role}`).toSorted());
        }),
      ),
  };
}

/** The servers of a world, each behind a proxy of its own. */
async function proxied(world: World, keycloak: Pick<TestServer, "url">) {
  const servers = new AsyncDisposableStack();
  const proxies: { readonly keycloak: FaultProxy; readonly langfuse: FaultProxy } = {
    keycloak: await startFaultProxy({ target: keycloak.url }),
    langfuse: await startFaultProxy({ target: langfuseUrl }),
  };
  for (const proxy of Object.values(proxies)) servers.defer(() => proxy.stop());
  const environment = { ...world.environment, KEYCLOAK_URL: proxies.keycloak.url, LANGFUSE_URL: proxies.langfuse.url };
  const writes = () => proxies.langfuse.requests.filter(isWrite);
  return { proxies, environment, writes, [Symbol.asyncDispose]: () => servers.disposeAsync() };
}

const isWrite = ({ method }: { readonly method: string }) => method !== "GET";

describe.each(SCENARIOS)("with the strategy $strategy, two organizations, client roles and projects", (scenario) => {
  let keycloak: Awaited<ReturnType<typeof startRealm>>;
  let world: World;
  let reads: { readonly keycloak: number; readonly langfuse: number };
  beforeAll(async () => {
    keycloak = await startRealm(realmOf(scenario));
    cleanups.push(async () => keycloak[Symbol.asyncDispose]());
    world = await worldOf(scenario, keycloak.url);
    await using run = await proxied(world, keycloak);
    const { exitCode, complaints } = await runCommand(["plan"], run.environment);
    expect(exitCode, complaints).toBe(2);
    reads = { keycloak: run.proxies.keycloak.requests.length, langfuse: run.proxies.langfuse.requests.length };
    expect(reads.keycloak).toBeGreaterThan(20);
    expect(reads.langfuse).toBe(8);
  });

  const everyRead = () =>
    (["keycloak", "langfuse"] as const).flatMap((server) =>
      Array.from({ length: reads[server] }, (_, position) => ({ server, position })),
    );

  it("takes that strategy, and finds every way to hold a role", async () => {
    const choices: Choice[] = [];
    const { organizations, keycloak: settings } = readConfiguration(world.environment);
    const directory = createDirectory(createKeycloakClient(settings), {
      clientRoles: settings.clientRoles,
      allHolders: scenario.provision,
      onChoice: (choice) => choices.push(choice),
    });
    const ours = organizations.map((one) => ({ ...one, langfuse: createLangfuseClient(one.langfuse) }));
    const [decision] = await decide(directory, ours, new Map(), new Date());
    expect(choices.map(({ strategy }) => strategy)).toEqual([scenario.strategy]);
    const roles = new Map(
      decision?.plan.changes.flatMap(({ email, to, project }) =>
        project === undefined ? [[email.split("@")[0], to]] : [],
      ),
    );
    expect(Object.fromEntries(roles)).toMatchObject({
      admin: "ADMIN",
      grouped: "MEMBER",
      agent: "MEMBER",
      clerk: "MEMBER",
      stored: "MEMBER",
      fallen: "VIEWER",
      off: "NONE",
      ...(scenario.provision && { newcomer: "MEMBER" }),
    });
  });

  // One kind for each position, another one in each strategy: read-faults.test.ts has all kinds at all positions.
  const FAULTS: readonly Fault[] = [
    { kind: "answer", status: 500, body: '{"error":"unknown_error"}' },
    { kind: "cut", when: "before" },
    { kind: "truncate" },
  ];
  it("when a read fails, is cut off or truncated, and all later ones, at every position: exit 5, no write", async () => {
    const shift = SCENARIOS.indexOf(scenario);
    await Promise.all(
      everyRead().map(async ({ server, position }) => {
        await using run = await proxied(world, keycloak);
        const fault = FAULTS[(position + shift) % FAULTS.length] ?? { kind: "truncate" };
        run.proxies[server].inject({ fault, position, count: Number.POSITIVE_INFINITY });
        const { exitCode, complaints } = await runCommand(["apply"], run.environment);
        expect([server, position, exitCode, run.writes()], complaints).toEqual([server, position, 5, []]);
      }),
    );
  });
});

describe("a write of any kind", () => {
  const scenario: Scenario = { strategy: "holders", federated: false, bystanders: 0, provision: true };

  it("that fails, at every position: exit 4, the others are applied, and the next run completes", async () => {
    await using keycloak = await startRealm(realmOf(scenario));
    const clean = await worldOf(scenario, keycloak.url);
    await using first = await proxied(clean, keycloak);
    const { exitCode, complaints } = await runCommand(["apply"], first.environment);
    expect(exitCode, complaints).toBe(0);
    const expected = await clean.roles();
    const kinds = first.writes().map(({ method, path: target }) => `${method} ${target.split("/")[3]}`);
    expect(new Set(kinds)).toEqual(
      new Set(["POST scim", "PUT scim", "DELETE scim", "PUT projects", "DELETE projects"]),
    );
    for (const position of kinds.keys()) {
      const world = await worldOf(scenario, keycloak.url);
      await using run = await proxied(world, keycloak);
      const fault = { kind: "answer", status: 400, body: '{"detail":"no"}' } as const;
      const withdraw = run.proxies.langfuse.inject({ fault, matches: isWrite, position });
      const result = await runCommand(["apply", "--json"], run.environment);
      expect([position, result.exitCode], result.complaints).toEqual([position, 4]);
      const outcomes = applyReport.parse(JSON.parse(result.output)).organizations.map(({ outcome }) => outcome);
      // A new member who could not be made takes the project role of the same person along.
      expect(new Set(outcomes.flatMap(({ failed }) => failed.map(({ change }) => change.email))).size).toBe(1);
      expect(outcomes.flatMap(({ notAttempted }) => notAttempted)).toEqual([]);
      withdraw();
      expect((await runCommand(["apply"], run.environment)).exitCode).toBe(0);
      expect(await world.roles()).toEqual(expected);
    }
  });
});
