import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { EVENT_PLUGIN_JAVA, findEventPlugin, sendEvents } from "#local/keycloak/event-plugin.ts";
import { adminOf, startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import type { Progress } from "#local/progress.ts";
import type { Figure } from "../figure.ts";
import { median } from "../requests.ts";
import { type OrganizationStage, type RealmStage, stageOrganization, stageRealm } from "../stage.ts";
import type { Program } from "./footprint.ts";
import type { Truth } from "./truth.ts";

/** People who are given a role, and have it taken again: so many changes of each kind. */
const PEOPLE = 50;
const ROLE = "langfuse-viewer";
const SECRET = "bench-webhook-secret";
/** Seconds that a role may take by the CronJob's default schedule. */
const SCHEDULE = 300;
/** Milliseconds until a change counts as lost. */
const PATIENCE = 15_000;
/** What its pod may use by default, in MiB. */
const POD_MEMORY = 128;
const IMPORT_TIMEOUT = 600_000;

/** From a change in Keycloak to the role in Langfuse: a server that sends events, and the program as it is deployed. */
export async function benchWebhook(program: Program, people: number, progress: Progress): Promise<readonly Figure[]> {
  const processes = new ProcessGroup();
  try {
    const providers = [await findEventPlugin(progress)];
    const java = { javaMinimum: EVENT_PLUGIN_JAVA, optimise: true };
    const keycloak = await startKeycloak({ processes, progress, providers, ...java });
    const admin = adminOf(keycloak, { timeout: IMPORT_TIMEOUT });
    const shape = { realm: `events-${people}`, people, clientRoleComposites: false };
    const realm = await stageRealm(keycloak, admin, shape, progress);
    const organization = await stageOrganization(realm, progress);
    await using receiver = await startReceiver(program, organization);
    await sendEvents(admin, shape.realm, { url: `${receiver.url}/webhook`, secret: SECRET });
    const seconds = await progress.step(`${PEOPLE * 2} changes, one after another`, () =>
      followChanges(admin, realm, organization, receiver),
    );
    // Any change of the realm's settings is an event about everybody.
    const planned = receiver.until(({ msg }) => msg === "planned");
    await admin.put(`/realms/${shape.realm}`, { displayName: "Company" });
    await planned;
    const peak = receiver.peak();
    await organization.server.stop();
    return [
      ...figuresOf(seconds, people),
      {
        name: "memory of the webhook, with a run about everybody",
        ...{ people, value: peak, unit: "MiB" },
        target: { of: "value", at: "most", limit: POD_MEMORY },
      },
    ];
  } finally {
    await processes.stop();
  }
}

/** @returns seconds of each change, from its request to Keycloak to the answer of Langfuse; infinite if the role is not there */
async function followChanges(
  admin: KeycloakAdmin,
  { shape: { realm }, truth }: RealmStage,
  { client }: OrganizationStage,
  receiver: Receiver,
): Promise<readonly number[]> {
  const role = await admin.get(`/realms/${realm}/roles/${ROLE}`);
  const holdsNothing = ([, { enabled, email, roles }]: readonly [string, Truth]) =>
    enabled && email !== "" && roles.length === 0;
  const chosen = [...truth].filter(holdsNothing).slice(0, PEOPLE);
  const members = new Map((await client.listMemberships()).map(({ email, userId }) => [email, userId]));
  const seconds: number[] = [];
  for (const [change, expected] of [
    ["post", "VIEWER"],
    ["delete", "NONE"],
  ] as const) {
    for (const [id, { email }] of chosen) {
      const userId = members.get(email);
      const changed = receiver.until((line) => line.msg === "role changed" && line.userId === userId);
      const begun = performance.now();
      await admin[change](`/realms/${realm}/users/${id}/role-mappings/realm`, [role]);
      const isFollowed = await Promise.race([changed.then(() => true), sleep(PATIENCE, false)]);
      const took = (performance.now() - begun) / 1000;
      // From its answer on the role can be read.
      const now = (await client.listMemberships()).find((member) => member.userId === userId);
      seconds.push(isFollowed && now?.role === expected ? took : Number.POSITIVE_INFINITY);
    }
  }
  return seconds;
}

function figuresOf(seconds: readonly number[], people: number): readonly Figure[] {
  const sorted = seconds.toSorted((left, right) => left - right);
  const baseline = { name: "CronJob, at most", value: SCHEDULE };
  const name = "change in Keycloak → role in Langfuse by webhook";
  const slowest = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return [
    {
      name: `${name}, p50`,
      ...{ people, baseline, value: median(sorted), unit: "s" },
      target: { of: "value", at: "most", limit: 0.3 },
    },
    {
      name: `${name}, p99`,
      ...{ people, baseline, value: slowest, unit: "s" },
      target: { of: "value", at: "most", limit: 1 },
    },
  ];
}

interface LogLine {
  readonly msg?: string;
  readonly userId?: string;
}

interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** Until a line like this is in the log. */
  until(isMeant: (line: LogLine) => boolean): Promise<void>;
  /** Most memory it has had, in MiB. */
  peak(): number;
}

/** The program in a process of its own, as in its pod. */
async function startReceiver({ file }: Program, { environment }: OrganizationStage): Promise<Receiver> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-webhook-"));
  const own = { STATE_FILE: path.join(folder, "state.json"), LOCK_FILE: path.join(folder, "lock"), LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [file, "serve", "webhook", "--json"], {
    env: { ...environment, ...own, WEBHOOK_SECRET: SECRET, WEBHOOK_PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const log = createInterface(child.stderr);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/readyz`)).ok) await sleep(50);
  return {
    url,
    until: (isMeant) =>
      new Promise((resolve) => {
        log.on("line", function look(text: string) {
          if (!isMeant(JSON.parse(text) as LogLine)) return;
          log.off("line", look);
          resolve();
        });
      }),
    peak: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}
