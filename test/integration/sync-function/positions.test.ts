import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Fault, FaultRule } from "#local/fault-proxy/rule.ts";
import { verifyAuditFile } from "#sync/audit/file-verification.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { decide } from "#sync/decision.ts";
import { createKeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory } from "#sync/keycloak/directory.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { type OrganizationServer, startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { KEYCLOAK_CREDENTIALS, type Realm, startRealm } from "./realm-server.ts";

const realm: Realm = {
  people: [
    { id: "1", email: "riser@example.com", roles: ["langfuse-admin"] },
    { id: "2", email: "grouped@example.com", groups: ["child"] },
    { id: "3", email: "faller@example.com", roles: ["langfuse-member"] },
    { id: "4", email: "leaver@example.com", enabled: false, roles: ["langfuse-admin"] },
  ],
  roles: { "langfuse-admin": [], "langfuse-member": [], staff: ["langfuse-member"] },
  groups: { parent: { roles: ["staff"] }, child: { parent: "parent" } },
};
const members = {
  "owner@example.com": "OWNER",
  "riser@example.com": "VIEWER",
  "grouped@example.com": "VIEWER",
  "faller@example.com": "ADMIN",
  "leaver@example.com": "MEMBER",
};
const wanted = {
  "owner@example.com": "OWNER",
  "riser@example.com": "ADMIN",
  "grouped@example.com": "MEMBER",
  "faller@example.com": "MEMBER",
  "leaver@example.com": "NONE",
};
const WRITES = 4;

/** Both servers, each behind a proxy of its own. */
class Bed implements AsyncDisposable {
  readonly organization: OrganizationServer;
  readonly proxies: { readonly keycloak: FaultProxy; readonly langfuse: FaultProxy };
  readonly environment: Record<string, string>;
  readonly #servers: AsyncDisposableStack;

  private constructor(organization: OrganizationServer, proxies: Bed["proxies"], servers: AsyncDisposableStack) {
    this.organization = organization;
    this.proxies = proxies;
    this.environment = environmentFor(proxies.keycloak, proxies.langfuse);
    this.#servers = servers;
  }

  static async start(): Promise<Bed> {
    const servers = new AsyncDisposableStack();
    const keycloak = servers.use(await startRealm(realm));
    const organization = servers.use(await startOrganization(members));
    const proxies = {
      keycloak: await startFaultProxy({ target: keycloak.url }),
      langfuse: await startFaultProxy({ target: organization.url }),
    };
    for (const proxy of Object.values(proxies)) servers.defer(() => proxy.stop());
    return new Bed(organization, proxies, servers);
  }

  /** Reads and decides with clients that give up soon, and writes nothing. */
  async decideSoon(): Promise<unknown> {
    const limits = { timeout: 150, attempts: 1 };
    const { organizations } = readConfiguration(this.environment);
    const keycloak = createKeycloakClient({ url: this.proxies.keycloak.url, ...KEYCLOAK_CREDENTIALS, ...limits });
    const ours = organizations.map((one) => ({
      ...one,
      langfuse: createLangfuseClient({ ...one.langfuse, ...limits }),
    }));
    return await decide(createDirectory(keycloak), ours, new Map(), new Date());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#servers.disposeAsync();
  }
}

const isRead = ({ method, path }: { method: string; path: string }) => method === "GET" || path.includes("/token");
const isWrite = (request: { method: string; path: string }) => !isRead(request);

/** How many reads of each server a clean run makes before its first write. */
const reads = { keycloak: 0, langfuse: 0 };

beforeAll(async () => {
  await using bed = await Bed.start();
  expect((await runCommand(["plan"], bed.environment)).exitCode).toBe(2);
  reads.keycloak = bed.proxies.keycloak.requests.length;
  reads.langfuse = bed.proxies.langfuse.requests.length;
  expect(reads.keycloak).toBeGreaterThan(8);
  expect(reads.langfuse).toBeGreaterThan(0);
});

/** Every position of every server in turn. */
function everyRead(): readonly { readonly server: keyof typeof reads; readonly position: number }[] {
  return (["keycloak", "langfuse"] as const).flatMap((server) =>
    Array.from({ length: reads[server] }, (_, position) => ({ server, position })),
  );
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["is answered with a failure", { kind: "answer", status: 500, body: '{"error":"unknown_error"}' }],
  ["is refused", { kind: "answer", status: 403, body: '{"error":"HTTP 403 Forbidden"}' }],
  ["is cut off before the answer", { kind: "cut", when: "before" }],
  ["is truncated", { kind: "truncate" }],
  ["is garbage", { kind: "garbage" }],
];

describe("when a read and all later ones", () => {
  it.concurrent.each(FAULTS)("%s, at every position: exit 5 and not a single write", async (_title, fault) => {
    await Promise.all(
      everyRead().map(async ({ server, position }) => {
        await using bed = await Bed.start();
        bed.proxies[server].inject({ fault, position, count: Number.POSITIVE_INFINITY });
        const { exitCode, complaints } = await runCommand(["apply"], bed.environment);
        expect([server, position, exitCode, bed.organization.writes()], complaints).toEqual([server, position, 5, []]);
      }),
    );
  });

  it.concurrent("take too long, at every position: given up before any decision", async () => {
    await Promise.all(
      everyRead().map(async ({ server, position }) => {
        await using bed = await Bed.start();
        const fault = { kind: "delay", milliseconds: 400 } as const;
        bed.proxies[server].inject({ fault, position, count: Number.POSITIVE_INFINITY });
        await expect(bed.decideSoon(), `${server} ${position}`).rejects.toMatchObject({ kind: "unreachable" });
      }),
    );
  });
});

describe("when a list and all later ones are short, but valid", () => {
  it.concurrent.each([0, 1])("with %i rows, at every position: nobody gets less than they should", async (keep) => {
    const exitCodes = await Promise.all(
      everyRead().map(async ({ server, position }) => {
        await using bed = await Bed.start();
        bed.proxies[server].inject({ fault: { kind: "shorten", keep }, position, count: Number.POSITIVE_INFINITY });
        const { exitCode, complaints } = await runCommand(["apply"], bed.environment);
        for (const [email, role] of Object.entries(bed.organization.roles())) {
          const allowed = [Reflect.get(members, email), Reflect.get(wanted, email)];
          expect(allowed, `${server} ${position} ${email}: ${complaints}`).toContain(role);
        }
        if (exitCode === 3 || exitCode === 5) expect(bed.organization.writes()).toEqual([]);
        return exitCode;
      }),
    );
    // Some answers are no lists, and a person who is not found is left as they are; 4 is a short list at the very end.
    expect(new Set(exitCodes).difference(new Set([0, 3, 4, 5]))).toEqual(new Set());
    expect(exitCodes.filter((code) => code === 5).length).toBeGreaterThan(5);
  });
});

it("one read that breaks off is repeated, at every position, and everybody gets their role", async () => {
  await Promise.all(
    everyRead().map(async ({ server, position }) => {
      await using bed = await Bed.start();
      bed.proxies[server].inject({ fault: { kind: "cut", when: "after" }, position });
      const { exitCode, complaints } = await runCommand(["apply"], bed.environment);
      expect([server, position, exitCode], complaints).toEqual([server, position, 0]);
      expect(bed.organization.roles()).toEqual(wanted);
    }),
  );
});

describe("when a write fails", () => {
  const rules: readonly (readonly [string, Omit<FaultRule, "position">])[] = [
    ["for good", { fault: { kind: "answer", status: 400, body: '{"detail":"no"}' }, matches: isWrite }],
    ["as forbidden", { fault: { kind: "answer", status: 403, body: '{"detail":"no"}' }, matches: isWrite }],
  ];
  it.each(rules)(
    "%s, at every position: exit 4, the others are applied, and the next run completes",
    async (_title, rule) => {
      for (let position = 0; position < WRITES; position += 1) {
        await using bed = await Bed.start();
        bed.proxies.langfuse.inject({ ...rule, position });
        const { exitCode, output } = await runCommand(["apply"], bed.environment);
        expect([position, exitCode]).toEqual([position, 4]);
        expect(output).toContain(`Applied: ${WRITES - 1} applied, 1 failed`);
        expect((await runCommand(["apply"], bed.environment)).exitCode).toBe(0);
        expect(bed.organization.roles()).toEqual(wanted);
      }
    },
  );

  it.each([
    ["is lost", { kind: "answer", status: 500 }],
    ["answers nothing", { kind: "cut", when: "after" }],
    ["lost a race", { kind: "answer", status: 409 }],
  ] as const)("once because it %s, it is repeated, at every position", async (_title, fault) => {
    for (let position = 0; position < WRITES; position += 1) {
      await using bed = await Bed.start();
      bed.proxies.langfuse.inject({ fault, matches: isWrite, position });
      expect((await runCommand(["apply"], bed.environment)).exitCode).toBe(0);
      expect(bed.organization.roles()).toEqual(wanted);
    }
  });

  it("and the result cannot be read again: exit 4, and the next run finds everything in order", async () => {
    await using bed = await Bed.start();
    const fault = { kind: "answer", status: 403 } as const;
    bed.proxies.langfuse.inject({ fault, matches: isRead, position: reads.langfuse, count: 10 });
    const { exitCode, output } = await runCommand(["apply"], bed.environment);
    expect([exitCode, output.includes("not verified")]).toEqual([4, true]);
    bed.proxies.langfuse.clear();
    expect((await runCommand(["apply"], bed.environment)).exitCode).toBe(0);
    expect(bed.organization.roles()).toEqual(wanted);
  });
});

describe("kill -9", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sync-killed-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const positions = [0, 1, 2, 3];
  // Each moment with another place: where the trail lies has nothing to do with what Langfuse has done.
  const moments: readonly (readonly [string, Fault, string])[] = [
    ["before Langfuse acts", { kind: "delay", milliseconds: 20_000 }, "a file"],
    ["after Langfuse has acted", { kind: "cut", when: "after" }, "the output of a pod"],
  ];
  const cases = positions.flatMap((position) =>
    moments.map(([moment, fault, place]) => ({ position, moment, fault, place })),
  );

  it.concurrent.each(cases)(
    "at write $position, $moment: the next run converges, and the audit trail in $place is whole",
    async ({ position, fault, place }) => {
      await using bed = await Bed.start();
      const at = (name: string) => path.join(folder, `${position}-${place.replaceAll(" ", "-")}-${name}`);
      const environment = {
        ...bed.environment,
        STATE_FILE: at("state.json"),
        LOCK_FILE: at("sync.lock"),
        ...(place === "a file" ? { AUDIT_FILE: at("audit.jsonl") } : { KUBERNETES_SERVICE_HOST: "127.0.0.1" }),
      };
      let writes = 0;
      bed.proxies.langfuse.inject({
        fault,
        matches: (request) => {
          if (isWrite(request)) writes += 1;
          return isWrite(request) && writes > position;
        },
      });
      const { child, ended } = startProgram(["apply"], environment);
      const seen = () => (fault.kind === "delay" ? writes : bed.organization.writes().length);
      while (seen() <= position && child.exitCode === null) await sleep(5);
      child.kill("SIGKILL");
      const killed = await ended;
      expect(killed.exitCode, killed.errors).toBeNull();
      bed.proxies.langfuse.clear();

      const next = await startProgram(["apply"], environment).ended;
      expect(next.exitCode, next.errors).toBe(0);
      expect(bed.organization.roles()).toEqual(wanted);
      if (place === "the output of a pod") {
        const lines = `${killed.output}${next.output}`.split("\n").filter((line) => line.startsWith('{"event"'));
        await writeFile(at("audit.jsonl"), `${lines.join("\n")}\n`);
      }
      const report = verifyAuditFile(at("audit.jsonl"), JSON.parse(await readFile(at("state.json"), "utf8")).audit);
      expect(report).toMatchObject({ problems: [], exitCode: 0 });
      const events = (await readFile(at("audit.jsonl"), "utf8")).trim().split("\n");
      const started = events.map((line) => JSON.parse(line)).filter(({ event }) => event === "run-started");
      expect(started).toHaveLength(2);
    },
  );
});
