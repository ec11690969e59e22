import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleSync } from "#sync/bundle.ts";
import { runNode } from "../child.ts";
import type { Figure } from "../figure.ts";
import { median } from "../requests.ts";
import type { OrganizationStage, RealmStage } from "../stage.ts";

/** The program as it is deployed: one file. */
export interface Program extends AsyncDisposable {
  readonly file: string;
  /** In bytes. */
  readonly size: number;
}

/** Starts of each kind whose median counts; they take turns, so that both see the same machine. */
const STARTS = 15;

export async function writeProgram(): Promise<Program> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-bench-"));
  const { text } = await bundleSync();
  const file = path.join(folder, "main.mjs");
  await writeFile(file, text);
  return {
    file,
    size: Buffer.byteLength(text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function benchStart({ file, size }: Program): Promise<readonly Figure[]> {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let start = 0; start < STARTS; start += 1) {
    bare.push((await runNode(["-e", "0"], {}, { memory: false })).seconds);
    ours.push((await runNode([file, "--help"], {}, { memory: false })).seconds);
  }
  return [
    {
      name: "cold start (--help)",
      baseline: { name: "node -e 0", value: median(bare) * 1000 },
      value: median(ours) * 1000,
      unit: "ms",
      target: { of: "value / baseline", at: "most", limit: 2 },
    },
    { name: "bundle", value: size, unit: "bytes", target: { of: "value", at: "most", limit: 900_000 } },
  ];
}

/** Peak memory of `plan` in a process of its own. */
export interface Memory {
  readonly people: number;
  readonly holders: number;
  /** MiB. */
  readonly peak: number;
}

export async function measureMemory(
  { file }: Program,
  realm: RealmStage,
  organization: OrganizationStage,
): Promise<Memory> {
  const { exitCode, peakMemory, output } = await runNode([file, "plan"], organization.environment);
  if (exitCode !== 0) throw new Error(`plan ended with ${exitCode}, not 0: ${output.slice(-600)}`);
  const holders = [...realm.truth.values()].filter(({ roles }) => roles.length > 0).length;
  return { people: realm.shape.people, holders, peak: peakMemory };
}

/** @param measured by ascending number of people */
export async function memoryFigures(measured: readonly Memory[]): Promise<readonly Figure[]> {
  const bare = (await runNode(["-e", "0"])).peakMemory;
  return measured.flatMap(({ people, holders, peak }, index): Figure[] => {
    const figure: Figure = {
      name: "peak memory of plan",
      people,
      baseline: { name: "node -e 0", value: bare },
      value: peak,
      unit: "MiB",
      ...(people <= 10_000 && { target: { of: "value", at: "most", limit: 96 } as const }),
    };
    const smaller = measured[index - 1];
    if (smaller === undefined) return [figure];
    const growth = ((peak - smaller.peak) * 1024) / (holders - smaller.holders);
    const target = { of: "value", at: "most", limit: 4 } as const;
    return [
      figure,
      { name: `growth for each holder since ${smaller.people}`, people, value: growth, unit: "kB", target },
    ];
  });
}
