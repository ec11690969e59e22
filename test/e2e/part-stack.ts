import path from "node:path";
import { fileURLToPath } from "node:url";
import { silent } from "#local/progress.ts";
import { Stack, type StackOptions } from "#local/pulumi/stack.ts";

/** A part of the program that can be declared alone; a folder below `programs`. */
export type Part = "langfuse" | "organizations" | "server-secrets";

export interface PartStackOptions extends Pick<StackOptions, "name" | "folder"> {
  readonly part: Part;
  readonly secrets?: StackOptions["secrets"];
  readonly environment?: NodeJS.ProcessEnv;
}

/** A stack that declares one part of the program, for tests that need no other; its settings are still to come. */
export async function partStack({ part, secrets = {}, ...options }: PartStackOptions): Promise<Stack> {
  const program = fileURLToPath(new URL(path.posix.join("programs", part, "/"), import.meta.url));
  return await Stack.create({ ...options, secrets, program, progress: silent, settings: {} });
}
