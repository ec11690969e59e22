import { run } from "./commands/run.ts";
import { DEFECT_EXIT_CODE } from "./errors.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

const exitCode = await run(
  process.argv.slice(2),
  {
    environment: process.env,
    print: (text) => process.stdout.write(`${text}\n`),
    stop: stop.signal,
    prepare: async (options) => {
      const [{ preferMemoryToSpeed }, { watchMemory }] = await Promise.all([
        import("./memory.ts"),
        import("./memory-watch.ts"),
      ]);
      preferMemoryToSpeed(options);
      watchMemory(process.constrainedMemory(), (message) => {
        // At once: there may be no memory for anything else. The next run starts from what is there.
        process.stderr.write(`${message}\n`);
        process.exit(DEFECT_EXIT_CODE);
      });
    },
  },
  (text) => process.stderr.write(`${text}\n`),
);
// Ends at once what a failed read left under way, but not before the output is written.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
