import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Fault, RequestLine } from "#local/fault-proxy/rule.ts";
import { verifyAuditFile } from "#sync/audit/file-verification.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { LANGFUSE_CREDENTIALS, type OrganizationServer, PROJECT, startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { type Realm, startRealm } from "./realm-server.ts";

const realm: Realm = {
  people: [
    { id: "1", email: "riser@example.com", roles: ["langfuse-admin"] },
    { id: "2", email: "grouped@example.com", groups: ["child"] },
    { id: "3", email: "faller@example.com", roles: ["langfuse-member"] },
    { id: "4", email: "leaver@example.com", enabled: false, roles: ["langfuse-admin"] },
    { id: "5", email: "newcomer@example.com", roles: ["langfuse-member"] },
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
  "stranger@example.com": "VIEWER",
};
const rows = { "faller@example.com": "ADMIN" };
const wanted = {
  roles: {
    "owner@example.com": "OWNER",
    "riser@example.com": "ADMIN",
    "grouped@example.com": "MEMBER",
    "faller@example.com": "MEMBER",
    "leaver@example.com": "NONE",
    "newcomer@example.com": "MEMBER",
  },
  rows: { "grouped@example.com": "VIEWER" },
};
/** Every kind of write there is, in the order in which they are made. */
const WRITES = [
  "PUT scim grouped",
  "POST scim newcomer",
  "PUT scim riser",
  "PUT projects grouped",
  "DELETE projects faller",
  "PUT scim faller",
  "PUT scim leaver",
  "DELETE scim stranger",
] as const;

const document = {
  defaults: { default: "VIEWER", protect: ["owner@example.com"], unmatched: "remove", graceDays: 1, provision: true },
  organizations: [
    {
      id: "organization-1",
      publicKeyVariable: "PUBLIC_KEY",
      secretKeyVariable: "SECRET_KEY",
      rules: [
        { from: { realmRole: "langfuse-admin" }, organization: "ADMIN" },
        { from: { realmRole: "langfuse-member" }, organization: "MEMBER" },
        { from: { group: "/child" }, projects: { [PROJECT.name]: "VIEWER" } },
      ],
    },
  ],
};
/** Somebody who has been missing for long. */
const state = {
  version: 1,
  organizations: { "organization-1": { absences: { "user-stranger@example.com": "2020-01-01T00:00:00.000Z" } } },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-positions-"));
  await writeFile(path.join(folder, "sync.json"), JSON.stringify(document));
});
afterAll(() => rm(folder, { recursive: true }));

/** Both servers, each behind a proxy of its own, and a folder for what a run leaves. */
class Bed implements AsyncDisposable {
  readonly organization: OrganizationServer;
  readonly proxies: { readonly keycloak: FaultProxy; readonly langfuse: FaultProxy };
  readonly environment: Record<string, string>;
  readonly #folder: string;
  readonly #servers: AsyncDisposableStack;

  private constructor(
    organization: OrganizationServer,
    proxies: Bed["proxies"],
    own: string,
    servers: AsyncDisposableStack,
  ) {
    this.organization = organization;
    this.proxies = proxies;
    this.#folder = own;
    this.#servers = servers;
    const {
      ROLE_MAPPING: _mapping,
      LANGFUSE_ORG_ID: _id,
      ...common
    } = environmentFor(proxies.keycloak, proxies.langfuse);
    this.environment = {
      ...common,
      SYNC_CONFIG: path.join(folder, "sync.json"),
      STATE_FILE: this.at("state.json"),
      LOCK_FILE: this.at("sync.lock"),
      PUBLIC_KEY: LANGFUSE_CREDENTIALS.publicKey,
      SECRET_KEY: LANGFUSE_CREDENTIALS.secretKey,
    };
  }

  static async start(): Promise<Bed> {
    const servers = new AsyncDisposableStack();
    const keycloak = servers.use(await startRealm(realm));
    const organization = servers.use(await startOrganization(members, undefined, rows));
    const proxies = {
      keycloak: await startFaultProxy({ target: keycloak.url }),
      langfuse: await startFaultProxy({ target: organization.url }),
    };
    for (const proxy of Object.values(proxies)) servers.defer(() => proxy.stop());
    const bed = new Bed(organization, proxies, await mkdtemp(path.join(folder, "bed-")), servers);
    await writeFile(bed.at("state.json"), JSON.stringify(state));
    return bed;
  }

  at(name: string): string {
    return path.join(this.#folder, name);
  }

  now(): typeof wanted {
    return { roles: this.organization.roles(), rows: this.organization.rows() } as typeof wanted;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#servers.disposeAsync();
  }
}

const isWrite = ({ method }: RequestLine) => method !== "GET";

/** How many reads of each server a clean run makes before its first write. */
const reads = { keycloak: 0, langfuse: 0 };

beforeAll(async () => {
  await using bed = await Bed.start();
  const planned = await runCommand(["plan"], bed.environment);
  expect(planned.exitCode, planned.complaints).toBe(2);
  reads.keycloak = bed.proxies.keycloak.requests.length;
  reads.langfuse = bed.proxies.langfuse.requests.length;
  expect(reads.keycloak).toBeGreaterThan(8);
  const applied = await runCommand(["apply"], bed.environment);
  expect(applied.exitCode, applied.complaints).toBe(0);
  expect(bed.now()).toEqual(wanted);
  const made = bed.organization.writes().map(({ method, url, body }) => {
    const name = /(\w+)(@|%40)example.com/.exec(`${url.pathname}${body}`)?.[1];
    return `${method} ${url.pathname.split("/")[3]} ${name}`;
  });
  // Two are under way at a time.
  expect(made.toSorted()).toEqual(WRITES.toSorted());
});

it("one read that breaks off is repeated, at every position, and everybody gets their role", async () => {
  const positions = (["keycloak", "langfuse"] as const).flatMap((server) =>
    Array.from({ length: reads[server] }, (_, position) => ({ server, position })),
  );
  await Promise.all(
    positions.map(async ({ server, position }) => {
      await using bed = await Bed.start();
      const matches = (request: RequestLine) => !isWrite(request) || request.path.endsWith("/token");
      bed.proxies[server].inject({ fault: { kind: "cut", when: "after" }, matches, position });
      const { exitCode, complaints } = await runCommand(["apply"], bed.environment);
      expect([server, position, exitCode], complaints).toEqual([server, position, 0]);
      expect(bed.now()).toEqual(wanted);
    }),
  );
});

describe("when a write fails", () => {
  it.concurrent.each([
    ["for good", { kind: "answer", status: 400, body: '{"detail":"no"}' }],
    ["as forbidden", { kind: "answer", status: 403, body: '{"detail":"no"}' }],
    ["as often as it is tried, with 500", { kind: "answer", status: 500, body: "Internal Server Error" }],
    ["as often as it is tried, because it is cut off", { kind: "cut", when: "before" }],
  ] satisfies [string, Fault][])(
    "%s, at every position: exit 4, the others are applied, and the next run completes",
    async (_title, fault) => {
      await Promise.all(
        WRITES.map(async (_write, position) => {
          await using bed = await Bed.start();
          /** Every write so far; a repetition is the one it repeats. */
          const seen: string[] = [];
          const matches = (request: RequestLine) => {
            const line = `${request.method} ${request.path}`;
            if (isWrite(request) && !seen.includes(line)) seen.push(line);
            return isWrite(request) && seen[position] === line;
          };
          const withdraw = bed.proxies.langfuse.inject({ fault, matches });
          const { exitCode, output, complaints } = await runCommand(["apply"], bed.environment);
          expect([position, exitCode], complaints).toEqual([position, 4]);
          expect(output).toContain(`Applied: ${WRITES.length - 1} applied, 1 failed`);
          withdraw();
          expect((await runCommand(["apply"], bed.environment)).exitCode).toBe(0);
          expect(bed.now()).toEqual(wanted);
        }),
      );
    },
  );

  it.concurrent.each([
    ["is lost", { kind: "answer", status: 500 }],
    ["answers nothing although it was made", { kind: "cut", when: "after" }],
    ["lost a race", { kind: "answer", status: 503 }],
  ] satisfies [string, Fault][])("once because it %s, it is repeated, at every position", async (_title, fault) => {
    await Promise.all(
      WRITES.map(async (_write, position) => {
        await using bed = await Bed.start();
        bed.proxies.langfuse.inject({ fault, matches: isWrite, position });
        const { exitCode, output } = await runCommand(["apply"], bed.environment);
        expect([position, exitCode], output).toEqual([position, 0]);
        expect(bed.now()).toEqual(wanted);
      }),
    );
  });

  it.concurrent("and the result cannot be read again: exit 4, and the next run finds everything in order", async () => {
    await using bed = await Bed.start();
    const fault = { kind: "answer", status: 403 } as const;
    const matches = (request: RequestLine) => !isWrite(request);
    bed.proxies.langfuse.inject({ fault, matches, position: reads.langfuse, count: 10 });
    const { exitCode, output } = await runCommand(["apply"], bed.environment);
    expect([exitCode, output.includes("not verified")]).toEqual([4, true]);
    bed.proxies.langfuse.clear();
    expect((await runCommand(["apply"], bed.environment)).exitCode).toBe(0);
    expect(bed.now()).toEqual(wanted);
  });
});

describe("kill -9", () => {
  const moments: readonly (readonly [string, Fault])[] = [
    ["before Langfuse acts", { kind: "delay", milliseconds: 20_000 }],
    ["after Langfuse has acted", { kind: "cut", when: "after" }],
  ];
  const cases = WRITES.flatMap((write, position) =>
    moments.map(([moment, fault], index) => ({
      // Two are under way at a time, so that it is this write or the one beside it.
      write,
      position,
      moment,
      fault,
      // Where the trail lies has nothing to do with what Langfuse has done, so that each write meets both in turn.
      place: (position + index) % 2 === 0 ? "a file" : "the output of a pod",
    })),
  );

  it.concurrent.each(cases)(
    "at write $position ($write), $moment: the next run converges, and the audit trail in $place is whole",
    async ({ position, fault, place }) => {
      await using bed = await Bed.start();
      const audit = bed.at("audit.jsonl");
      const environment = {
        ...bed.environment,
        ...(place === "a file" ? { AUDIT_FILE: audit } : { KUBERNETES_SERVICE_HOST: "127.0.0.1" }),
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

      const next = await runCommand(["apply"], environment);
      expect(next.exitCode, next.complaints).toBe(0);
      expect(bed.now()).toEqual(wanted);
      if (place === "the output of a pod") {
        const lines = `${killed.output}\n${next.output}`.split("\n").filter((line) => line.startsWith('{"event"'));
        await writeFile(audit, `${lines.join("\n")}\n`);
      }
      const report = verifyAuditFile(audit, JSON.parse(await readFile(bed.at("state.json"), "utf8")).audit);
      expect(report).toMatchObject({ problems: [], exitCode: 0 });
      const events = (await readFile(audit, "utf8")).trim().split("\n");
      const started = events.map((line) => JSON.parse(line)).filter(({ event }) => event === "run-started");
      expect(started).toHaveLength(2);
    },
  );
});
