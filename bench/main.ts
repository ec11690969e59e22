/** `npm run bench`: measures what is claimed, each number beside its baseline from the same run. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runCommand } from "#local/command-line.ts";
import { KEYCLOAK_VERSION } from "#local/keycloak/distribution.ts";
import { deleteRealm } from "#local/keycloak/realm.ts";
import { adminOf, type KeycloakServer, startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress, type Progress } from "#local/progress.ts";
import { AccessError } from "#sync/errors.ts";
import { type Figure, figureRow, HEAD, isReached, tableText } from "./figure.ts";
import { benchLatency } from "./gate/latency.ts";
import { benchCrowd } from "./langfuse/crowd.ts";
import { benchProxy } from "./login/proxy.ts";
import { benchIdleStack } from "./stack/idle.ts";
import { stageOrganization, stageRealm } from "./stage.ts";
import { benchStart, type Memory, measureMemory, memoryFigures, type Program, writeProgram } from "./sync/footprint.ts";
import { benchReading } from "./sync/reading.ts";
import { benchRunning } from "./sync/running.ts";
import { benchWebhook } from "./sync/webhook.ts";
import { benchWriting } from "./sync/writing.ts";

const BENCHES = [
  "reading",
  "running",
  "memory",
  "writing",
  "webhook",
  "start",
  "gate",
  "proxy",
  "memberships",
  "stack",
] as const;
type Bench = (typeof BENCHES)[number];

const usage = `Usage: npm run bench -- [--people N,N…] [--only NAME[,NAME…]] [--json FILE]

Measures the sync on a real Keycloak with generated realms, beside the algorithm it replaces, changes that events bring beside
the schedule, logins with the gate beside logins without, logins through the proxy beside logins that go to Langfuse directly,
memberships on the Pulumi engine beside resources that do nothing, and the whole stack beside its providers alone.

  --people   sizes of the realms (default 1000,10000; 50000 takes about twenty minutes)
  --only     ${BENCHES.join(", ")} (default all)
  --json     also writes the figures to this file
  --help     this text

Ends with 0 when every figure reaches its target, otherwise with 1.`;

/** Milliseconds for the import of a realm with everybody in it. */
const IMPORT_TIMEOUT = 600_000;

await runCommand(async () => {
  const options = {
    people: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const sizes = sizesOf(values.people ?? "1000,10000");
  const benches = benchesOf(values.only);
  const progress = createProgress();
  const figures = await measure(benches, sizes, progress);
  console.log(tableText([HEAD, ...figures.map(figureRow)]));
  if (values.json !== undefined) {
    const report = figures.map((figure) => ({ ...figure, reached: isReached(figure) }));
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  const missed = figures.filter((figure) => isReached(figure) === false).length;
  console.log(`bench: ${figures.length} figures, ${missed} missed`);
  return missed === 0 ? 0 : 1;
});

async function measure(benches: ReadonlySet<Bench>, sizes: readonly number[], progress: Progress): Promise<Figure[]> {
  await using program = await writeProgram();
  const figures: Figure[] = [];
  if (benches.has("start")) figures.push(...(await progress.step("start", () => benchStart(program))));
  if (benches.has("gate")) figures.push(...(await progress.step("gate", () => benchLatency(KEYCLOAK_VERSION))));
  if (benches.has("proxy")) figures.push(...(await benchProxy(program, progress)));
  if (benches.has("memberships")) figures.push(...(await benchCrowd(progress)));
  if (benches.has("stack")) figures.push(...(await progress.step("demo stack", () => benchIdleStack(progress))));
  if (benches.has("writing")) figures.push(...(await progress.step("writing", benchWriting)));
  if (benches.has("webhook")) {
    // Larger realms take longer to make than this is worth.
    figures.push(...(await benchWebhook(program, sizes.findLast((size) => size <= 10_000) ?? 10_000, progress)));
  }
  if (["reading", "running", "memory"].some((bench) => benches.has(bench as Bench))) {
    const processes = new ProcessGroup();
    try {
      figures.push(...(await measureRealms(benches, sizes, program, processes, progress)));
    } finally {
      await processes.stop();
    }
  }
  return figures;
}

async function measureRealms(
  benches: ReadonlySet<Bench>,
  sizes: readonly number[],
  program: Program,
  processes: ProcessGroup,
  progress: Progress,
): Promise<Figure[]> {
  const keycloak = await startKeycloak({ processes, progress, optimise: true });
  const figures: Figure[] = [];
  const memory: Memory[] = [];
  for (const people of sizes) {
    if (benches.has("reading")) figures.push(...(await measureComposites(keycloak, people, progress)));
    const admin = adminOf(keycloak, { timeout: IMPORT_TIMEOUT });
    const shape = { realm: `company-${people}`, people, clientRoleComposites: false };
    const realm = await stageRealm(keycloak, admin, shape, progress);
    if (benches.has("reading")) {
      figures.push(...(await progress.step(`reading, ${people} people`, () => benchReading(realm))));
    }
    if (benches.has("running") || benches.has("memory")) {
      const organization = await stageOrganization(realm, progress);
      if (benches.has("memory")) memory.push(await measureMemory(program, realm, organization));
      if (benches.has("running")) {
        figures.push(...(await progress.step(`running, ${people} people`, () => benchRunning(realm, organization))));
      }
      await organization.server.stop();
    }
    await deleteRealm(admin, shape.realm);
  }
  return [...figures, ...(memory.length > 0 ? await memoryFigures(memory) : [])];
}

/** The same with people who hold a role through a composite client role. */
async function measureComposites(
  keycloak: KeycloakServer,
  people: number,
  progress: Progress,
): Promise<readonly Figure[]> {
  const admin = adminOf(keycloak, { timeout: IMPORT_TIMEOUT });
  const shape = { realm: `clients-${people}`, people, clientRoleComposites: true };
  const realm = await stageRealm(keycloak, admin, shape, progress);
  const figures = await progress.step(`reading with client roles, ${people} people`, () => benchReading(realm));
  await deleteRealm(admin, shape.realm);
  return figures;
}

function sizesOf(text: string): number[] {
  const sizes = text.split(",").map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size >= 100))
    return sizes.toSorted((left, right) => left - right);
  throw new AccessError("usage", `--people is "${text}"; write whole numbers from 100 on, such as 1000,10000`);
}

function benchesOf(text: string | undefined): ReadonlySet<Bench> {
  const names = text?.split(",") ?? BENCHES;
  const known = names.flatMap((name) => BENCHES.filter((bench) => bench === name));
  if (known.length === names.length) return new Set(known);
  throw new AccessError("usage", `--only is "${text}"; use one or more of ${BENCHES.join(", ")}`);
}
