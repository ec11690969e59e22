import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LangfuseTarget } from "#local/langfuse/server.ts";

/** One file of the corpus; its steps are the runner's business. */
export interface Scenario {
  readonly name: string;
  readonly file: string;
  readonly requires?: { readonly plan?: string; readonly adminApiKey?: "set" | "unset" };
}

/** What the corpus's own runner exports. */
export interface Runner {
  loadScenarios(folders: readonly string[]): readonly Scenario[];
  suits(scenario: Scenario, target: LangfuseTarget): boolean;
  /** Null when every step agrees. */
  runScenario(scenario: Scenario, target: LangfuseTarget): Promise<{ at: string; diffs: string[] } | null>;
}

export interface Corpus {
  readonly runner: Runner;
  readonly scenarios: readonly Scenario[];
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Folder that holds `replay.mjs` and `scenarios`; the variable LANGFUSE_CONTRACT names another one. */
export const corpusFolder = path.resolve(root, process.env.LANGFUSE_CONTRACT ?? "../shared/langfuse-contract");

/** The corpus, or undefined when there is none at that place. */
export async function loadCorpus(): Promise<Corpus | undefined> {
  const file = path.join(corpusFolder, "replay.mjs");
  if (!existsSync(file)) return undefined;
  const runner: unknown = await import(pathToFileURL(file).href);
  if (!isRunner(runner)) throw new Error(`${file} does not export loadScenarios, suits and runScenario`);
  return { runner, scenarios: runner.loadScenarios([path.join(corpusFolder, "scenarios")]) };
}

function isRunner(value: unknown): value is Runner {
  const names = ["loadScenarios", "suits", "runScenario"];
  return (
    typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}
