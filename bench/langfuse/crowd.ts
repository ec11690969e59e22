import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import type { Progress } from "#local/progress.ts";
import { type Outcome, Stack } from "#local/pulumi/stack.ts";
import type { Figure } from "../figure.ts";

const SIZE = 500;
const OPERATIONS = ["up", "no-change preview", "refresh", "one change"] as const;
type Operation = (typeof OPERATIONS)[number];

const program = fileURLToPath(new URL("./program/", import.meta.url));

interface Measured {
  readonly seconds: number;
  /** How often the list of members was read. */
  readonly reads: number;
}

/** What many memberships cost, beside as many dynamic resources that do nothing. */
export async function benchCrowd(progress: Progress): Promise<Figure[]> {
  const real = await progress.step(`${SIZE} memberships`, () => measureCrowd(true, progress));
  const empty = await progress.step(`${SIZE} empty resources`, () => measureCrowd(false, progress));
  return OPERATIONS.flatMap((operation): Figure[] => {
    const { seconds, reads } = real[operation];
    const baseline = { name: "empty dynamic resources", value: empty[operation].seconds };
    const name = `${SIZE} memberships, ${operation}`;
    return [
      { name, baseline, value: seconds, unit: "s", target: { of: "value / baseline", at: "most", limit: 2 } },
      {
        name: `${name}: list reads`,
        baseline: { name: "one for each", value: SIZE },
        value: reads,
        unit: "requests",
        target: { of: "value", at: "most", limit: 2 },
      },
    ];
  });
}

async function measureCrowd(isReal: boolean, progress: Progress): Promise<Record<Operation, Measured>> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-bench-"));
  const server = await startLangfuse({ deletionTime: 0 });
  const proxy = await startFaultProxy({ target: server.target.url });
  try {
    const stack = await Stack.create({
      name: "crowd",
      folder,
      progress,
      program,
      settings: {},
      secrets: { langfuseAdminApiKey: server.target.adminApiKey ?? "" },
      // The engine would write the whole state once for each resource, which takes longer than all the rest.
      environment: { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
    });
    const configure = (first: string) => stack.configure({ langfuse: { url: proxy.url }, crowd: crowd(first, isReal) });
    const measure = async (operation: () => Promise<Outcome>): Promise<Measured> => {
      proxy.clear();
      const started = performance.now();
      const { exitCode, output } = await operation();
      if (exitCode !== 0) throw new Error(`pulumi ended with ${exitCode}:\n${output.slice(-2000)}`);
      const reads = proxy.requests.filter(
        ({ method, path: asked }) => method === "GET" && asked === "/api/public/organizations/memberships",
      );
      return { seconds: (performance.now() - started) / 1000, reads: reads.length };
    };
    await configure("VIEWER");
    const up = await measure(() => stack.up());
    const preview = await measure(() => stack.preview());
    const refresh = await measure(() => stack.refresh());
    await configure("MEMBER");
    const change = await measure(() => stack.up());
    return { up, "no-change preview": preview, refresh, "one change": change };
  } finally {
    await proxy.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function crowd(first: string, isReal: boolean) {
  const members = Array.from({ length: SIZE }, (_, index) => ({
    email: `person-${index}@example.com`,
    role: index === 0 ? first : "VIEWER",
  }));
  return { members, isReal };
}
