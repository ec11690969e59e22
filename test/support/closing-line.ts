import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with one plain line, counted from the runner's own results: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const line = closingLine(modules, errors);
    // Printed last: after the summary of the default reporter, which writes in the same event.
    process.once("exit", () => console.log(line));
  }
}

/** @param errors of the run itself, outside of any test */
export function closingLine(modules: readonly TestModule[], errors: readonly unknown[]): string {
  const count = { passed: 0, failed: errors.length, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") count.passed += 1;
      else if (state === "failed") count.failed += 1;
      else count.skipped += 1;
    }
    // Where a file cannot be loaded or what its tests need cannot be prepared, none of them fails.
    count.failed += [module, ...module.children.allSuites()].filter((one) => one.errors().length > 0).length;
  }
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
}
