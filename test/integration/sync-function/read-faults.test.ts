import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Fault } from "#local/fault-proxy/rule.ts";
import { planReport } from "#sync/commands/report.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { decide } from "#sync/decision.ts";
import { createKeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory } from "#sync/keycloak/directory.ts";
import type { Choice, Strategy } from "#sync/keycloak/strategy.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Change } from "#sync/plan/change.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { LANGFUSE_CREDENTIALS, type OrganizationServer, PROJECT, startOrganization } from "./organization-server.ts";
import { type Person, type Realm, startRealm } from "./realm-server.ts";

interface Setting {
  readonly title: string;
  readonly strategy: Strategy;
  /** Whether there is a user storage. */
  readonly federated: boolean;
  /** Members in sync, who make the lists the cheaper way. */
  readonly bystanders: number;
  readonly provision: boolean;
  /** Whether a rule names a client role, so that all of them are read. */
  readonly clientRoles: boolean;
}

const SETTINGS: readonly Setting[] = [
  { title: "per-member", strategy: "per-member", federated: true, bystanders: 0, provision: false, clientRoles: false },
  { title: "holders", strategy: "holders", federated: false, bystanders: 10, provision: true, clientRoles: false },
  {
    title: "holders and client roles",
    strategy: "holders",
    federated: false,
    bystanders: 20,
    provision: false,
    clientRoles: true,
  },
  { title: "hybrid", strategy: "hybrid", federated: true, bystanders: 110, provision: false, clientRoles: false },
];

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["is answered with a failure", { kind: "answer", status: 500, body: '{"error":"unknown_error"}' }],
  ["is refused", { kind: "answer", status: 403, body: '{"error":"HTTP 403 Forbidden"}' }],
  ["is cut off before it is served", { kind: "cut", when: "before" }],
  ["is cut off after it was served", { kind: "cut", when: "after" }],
  ["is truncated", { kind: "truncate" }],
  ["is garbage", { kind: "garbage" }],
];

const address = (name: string) => `${name}@example.com`;
const crowd = (count: number) => Array.from({ length: count }, (_, index) => `bystander-${index}`);

/** Each person holds in another way; whose roles were not seen would lose something. */
function peopleOf({ federated, bystanders, provision, clientRoles }: Setting): readonly Person[] {
  const named = (name: string, more: Partial<Person>): Person => ({ id: name, email: address(name), ...more });
  return [
    ...crowd(bystanders).map((name) => named(name, {})),
    named("direct", { roles: ["langfuse-admin"] }),
    named("grouped", { groups: ["child"] }),
    named("fallen", {}),
    ...(federated ? [named("stored", { federationLink: "ldap", storageRoles: ["langfuse-member"] })] : []),
    ...(provision ? [named("newcomer", { roles: ["langfuse-member"] })] : []),
    ...(clientRoles
      ? [named("agent", { clientRoles: ["crm/agent"] }), named("clerk", { clientRoles: ["crm/clerk"] })]
      : []),
  ];
}

function membersOf({ federated, bystanders, clientRoles }: Setting): Record<string, string> {
  const roles = {
    owner: "OWNER",
    direct: "ADMIN",
    grouped: "MEMBER",
    fallen: "MEMBER",
    ...(federated && { stored: "MEMBER" }),
    ...(clientRoles && { agent: "MEMBER", clerk: "ADMIN" }),
    ...Object.fromEntries(crowd(bystanders).map((name) => [name, "VIEWER"])),
  };
  return Object.fromEntries(Object.entries(roles).map(([name, role]) => [address(name), role]));
}

const realmOf = (setting: Setting): Realm => ({
  people: peopleOf(setting),
  roles: { "langfuse-admin": [], "langfuse-member": [], staff: ["langfuse-member"] },
  groups: { parent: { roles: ["staff"] }, child: { parent: "parent" } },
  clients: { crm: { agent: [], clerk: ["langfuse-member"] } },
  federated: setting.federated,
});

const documentOf = ({ provision, clientRoles }: Setting) => ({
  defaults: { default: "VIEWER", protect: [address("owner")], provision },
  organizations: [
    {
      id: "organization-1",
      publicKeyVariable: "PUBLIC_KEY",
      secretKeyVariable: "SECRET_KEY",
      rules: [
        { from: { realmRole: "langfuse-admin" }, organization: "ADMIN" },
        { from: { realmRole: "langfuse-member" }, organization: "MEMBER", projects: { [PROJECT.name]: "ADMIN" } },
        ...(clientRoles ? [{ from: { clientRole: "crm/agent" }, organization: "MEMBER" }] : []),
      ],
    },
  ],
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-read-faults-"));
});
afterAll(() => rm(folder, { recursive: true }));

const textOf = ({ kind, email, to, project }: Change) => `${kind} ${email} ${to} ${project?.name}`;
const changesIn = (output: string) =>
  planReport.parse(JSON.parse(output)).organizations.flatMap(({ plan }) => plan.changes.map(textOf));

describe.each(SETTINGS)("with the strategy $title, every read in turn", (setting) => {
  let keycloak: Awaited<ReturnType<typeof startRealm>>;
  let langfuse: OrganizationServer;
  let environment: Record<string, string>;
  let reads: readonly { readonly server: "keycloak" | "langfuse"; readonly position: number }[];
  /** What a clean plan would change, as texts. */
  let wanted: ReadonlySet<string>;

  /** The servers, each behind a proxy of its own run. */
  const proxied = async () => {
    const servers = new AsyncDisposableStack();
    const proxies: Readonly<Record<"keycloak" | "langfuse", FaultProxy>> = {
      keycloak: await startFaultProxy({ target: keycloak.url }),
      langfuse: await startFaultProxy({ target: langfuse.url }),
    };
    for (const proxy of Object.values(proxies)) servers.defer(() => proxy.stop());
    const own = { ...environment, KEYCLOAK_URL: proxies.keycloak.url, LANGFUSE_URL: proxies.langfuse.url };
    return { proxies, environment: own, [Symbol.asyncDispose]: () => servers.disposeAsync() };
  };
  const onEvery = (work: (read: (typeof reads)[number], run: Awaited<ReturnType<typeof proxied>>) => Promise<void>) =>
    Promise.all(
      reads.map(async (read) => {
        await using run = await proxied();
        await work(read, run);
      }),
    );
  const decideWithin = (
    limits: { timeout?: number; attempts?: number },
    own: Record<string, string>,
    onChoice: (choice: Choice) => void = () => {},
  ) => {
    const { organizations, keycloak: settings } = readConfiguration(own);
    const { clientRoles } = settings;
    const directory = createDirectory(createKeycloakClient({ ...settings, ...limits }), {
      clientRoles,
      allHolders: setting.provision,
      onChoice,
    });
    const ours = organizations.map((one) => ({
      ...one,
      langfuse: createLangfuseClient({ ...one.langfuse, ...limits }),
    }));
    return decide(directory, ours, new Map(), new Date());
  };

  beforeAll(async () => {
    const file = path.join(folder, `${SETTINGS.indexOf(setting)}.json`);
    await writeFile(file, JSON.stringify(documentOf(setting)));
    keycloak = await startRealm(realmOf(setting));
    langfuse = await startOrganization(membersOf(setting), undefined, { [address("fallen")]: "ADMIN" });
    const { ROLE_MAPPING: _mapping, LANGFUSE_ORG_ID: _id, ...common } = environmentFor(keycloak, langfuse);
    environment = {
      ...common,
      SYNC_CONFIG: file,
      PUBLIC_KEY: LANGFUSE_CREDENTIALS.publicKey,
      SECRET_KEY: LANGFUSE_CREDENTIALS.secretKey,
    };
    await using run = await proxied();
    const { exitCode, output, complaints } = await runCommand(["plan", "--json"], run.environment);
    expect(exitCode, complaints).toBe(2);
    wanted = new Set(changesIn(output));
    reads = (["keycloak", "langfuse"] as const).flatMap((server) =>
      run.proxies[server].requests.map((_request, position) => ({ server, position })),
    );
  });
  afterAll(async () => {
    await keycloak[Symbol.asyncDispose]();
    await langfuse[Symbol.asyncDispose]();
  });

  it("takes that strategy, and has somebody to demote", async () => {
    const choices: Choice[] = [];
    await decideWithin({}, environment, (choice) => choices.push(choice));
    expect(choices.map(({ strategy }) => strategy)).toEqual([setting.strategy]);
    expect([...wanted]).toEqual(
      expect.arrayContaining([
        `demote ${address("fallen")} VIEWER undefined`,
        `project-revoke ${address("fallen")} VIEWER Assistant`,
      ]),
    );
    expect(reads.length).toBeGreaterThan(20);
  });

  it.concurrent.each(FAULTS)("that %s, and all later ones: exit 5, and not a single write", async (_title, fault) => {
    await onEvery(async ({ server, position }, run) => {
      run.proxies[server].inject({ fault, position, count: Number.POSITIVE_INFINITY });
      const { exitCode, complaints } = await runCommand(["apply"], run.environment);
      expect([server, position, exitCode], complaints).toEqual([server, position, 5]);
    });
    expect(langfuse.writes()).toEqual([]);
  });

  it.concurrent("that takes too long, and all later ones: given up before any decision", async () => {
    await onEvery(async ({ server, position }, run) => {
      const fault = { kind: "delay", milliseconds: 1_200 } as const;
      run.proxies[server].inject({ fault, position, count: Number.POSITIVE_INFINITY });
      const decision = decideWithin({ timeout: 400, attempts: 1 }, run.environment).then(() => "decided");
      await expect(decision, `${server} ${position}`).rejects.toMatchObject({ kind: "unreachable", exitCode: 5 });
    });
  });

  it.concurrent.each([0, 1])(
    "whose list has %i rows but is valid, and all later ones: nobody gets less than they should",
    async (keep) => {
      const exitCodes: number[] = [];
      await onEvery(async ({ server, position }, run) => {
        run.proxies[server].inject({ fault: { kind: "shorten", keep }, position, count: Number.POSITIVE_INFINITY });
        const { exitCode, output } = await runCommand(["plan", "--json"], run.environment);
        if (exitCode !== 5) expect(changesIn(output).filter((change) => !wanted.has(change))).toEqual([]);
        exitCodes.push(exitCode);
      });
      // Some answers are no lists, and a person who is not found is left as they are.
      expect(new Set(exitCodes).difference(new Set([0, 2, 5]))).toEqual(new Set());
      expect(exitCodes.filter((code) => code === 5).length).toBeGreaterThan(5);
    },
  );
});
