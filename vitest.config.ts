import { defineConfig } from "vitest/config";
import LongestFirst from "./test/support/sequencer.ts";

/** Node runs the sources as they are, as it does in production; a transforming runner would change what is tested. */
const experimental = { viteModuleRunner: false };

/** Whoever waits says what they saw last; how long is no matter, as only what fails takes it. */
const poll = { interval: 10, timeout: 60_000 };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./test/support/closing-line.ts"],
    // One tier after the other: `groupOrder` keeps quick failures first and servers from competing.
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          experimental,
          sequence: { groupOrder: 1 },
          // Some start processes, which takes its time on a busy machine.
          testTimeout: 90_000,
          expect: { poll: { interval: 10, timeout: 60_000 } },
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
          globalSetup: "test/support/keycloak-lender.ts",
          // Tests wait for their servers about as long as they use a core.
          maxWorkers: 3,
          // On a busy machine everything takes many times as long, and only what fails takes all of it.
          testTimeout: 240_000,
          expect: { poll },
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          experimental,
          sequence: { groupOrder: 3 },
          globalSetup: "test/support/keycloak-lender.ts",
          // A server that is named serves one file at a time: tests count what is in it.
          maxWorkers: process.env.LANGFUSE_TARGET ? 1 : 3,
          // One module cache a worker: the servers of test/support/bed.ts are started once for all of its files.
          isolate: false,
          // The longest takes three minutes beside two others, and a busy machine five times as long. Only what fails takes it all.
          testTimeout: 900_000,
          expect: { poll: { ...poll, timeout: 120_000 } },
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
