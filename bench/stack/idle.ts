import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startBed } from "#local/bed/bed.ts";
import { companySecrets, companySettings } from "#local/bed/company-stack.ts";
import type { Progress } from "#local/progress.ts";
import { type Outcome, Stack } from "#local/pulumi/stack.ts";
import type { Figure } from "../figure.ts";
import { median } from "../requests.ts";

/** Operations of each kind whose median counts; they take turns, so that both see the same machine. */
const TIMES = 5;

const providersOnly = fileURLToPath(new URL("./program/", import.meta.url));

/** What an `up` costs that has nothing to do: the whole program deployed, beside its providers alone. */
export async function benchIdleStack(progress: Progress): Promise<Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-bench-"));
  const bed = await startBed({ folder, progress });
  const stackOf = (name: string, program?: string) =>
    Stack.create({
      name,
      folder: path.join(folder, name),
      progress,
      settings: companySettings(bed),
      secrets: companySecrets(bed),
      ...(program !== undefined && { program }),
    });
  try {
    const whole = await stackOf("whole");
    const empty = await stackOf("empty", providersOnly);
    const { changes } = await succeed(whole.up());
    await succeed(empty.up());
    const [ours, bare]: [number[], number[]] = [[], []];
    for (let time = 0; time < TIMES; time += 1) {
      bare.push(await secondsOfIdleUp(empty));
      ours.push(await secondsOfIdleUp(whole));
    }
    await succeed(whole.destroy());
    return [
      {
        name: `no-change up of the demo stack, ${changes.create ?? 0} resources`,
        baseline: { name: "the providers alone", value: median(bare) },
        value: median(ours),
        unit: "s",
        target: { of: "value / baseline", at: "most", limit: 2 },
      },
    ];
  } finally {
    await bed.stop();
  }
}

async function secondsOfIdleUp(stack: Stack): Promise<number> {
  const started = performance.now();
  const { changes, output } = await succeed(stack.up());
  const seconds = (performance.now() - started) / 1000;
  const { same, ...others } = changes;
  if (Object.keys(others).length > 0) throw new Error(`an up that should change nothing did:\n${output.slice(-2000)}`);
  return seconds;
}

async function succeed(operation: Promise<Outcome>): Promise<Outcome> {
  const outcome = await operation;
  if (outcome.exitCode !== 0) {
    throw new Error(`pulumi ended with ${outcome.exitCode}:\n${outcome.output.slice(-2000)}`);
  }
  return outcome;
}
