import { defineConfig } from "vitest/config";

/** Node runs the sources as they are, as it does in production; a transforming runner would change what is tested. */
const experimental = { viteModuleRunner: false };

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    // One tier after the other: `groupOrder` keeps quick failures first and servers from competing.
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          experimental,
          sequence: { groupOrder: 1 },
          // One process for many files: starting one for each would take longer than the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          experimental,
          sequence: { groupOrder: 2 },
          // Real servers on two cores: side by side they would only wait for each other.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          experimental,
          sequence: { groupOrder: 3 },
          fileParallelism: false,
          // One worker, one module cache: the servers of test/support/bed.ts are started once for all files.
          isolate: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
