import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Bed, startBed } from "#local/bed/bed.ts";
import { createProgress } from "#local/progress.ts";
import { borrowKeycloak } from "./keycloak.ts";

let bed: Promise<Bed> | undefined;

/**
 * The servers of the e2e tier, started once for all files of a worker, which share this module. They end with the worker,
 * however it ends: their reaper sees to it.
 */
export function sharedBed(): Promise<Bed> {
  bed ??= start();
  return bed;
}

async function start(): Promise<Bed> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-e2e-"));
  return await startBed({ folder, progress: createProgress(), keycloak: () => borrowKeycloak() });
}
