import { run } from "./commands/run.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

const exitCode = await run(
  process.argv.slice(2),
  {
    environment: process.env,
    print: (text) => process.stdout.write(`${text}\n`),
    stop: stop.signal,
    prepare: async () => (await import("./memory.ts")).preferMemoryToSpeed(),
  },
  (text) => process.stderr.write(`${text}\n`),
);
// Ends at once what a failed read left under way, but not before the output is written.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
