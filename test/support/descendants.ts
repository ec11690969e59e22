import { processesMarked } from "#local/process/mark.ts";

/** Environment variable by which everything that one test starts can be recognised, children of children included. */
const MARK = "LANGFUSE_ACCESS_TEST_RUN";

export function markedEnvironment(run: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, [MARK]: run };
}

/** Command lines of the living processes that carry the mark (Linux). */
export async function markedProcesses(run: string): Promise<string[]> {
  return (await processesMarked(MARK, run)).map(({ pid, command }) => `${pid} ${command}`);
}
