import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with one plain line, counted from the runner's own results: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") count.passed += 1;
        else if (state === "failed") count.failed += 1;
        else count.skipped += 1;
      }
      // A file that could not be loaded has no tests to count, and must not pass for none.
      if (module.state() === "failed" && module.errors().length > 0) count.failed += 1;
    }
    count.failed += errors.length;
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
    // Printed last: after the summary of the default reporter, which writes in the same event.
    process.once("exit", () => console.log(line));
  }
}
