import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with why tests were skipped, and one plain line, counted from the runner's own results: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const lines = [...skipReasons(modules), closingLine(modules, errors)];
    // Printed last: after the summary of the default reporter, which writes in the same event.
    process.once("exit", () => console.log(lines.join("\n")));
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

/** Why tests were skipped, where they said so as they ran; the others have it in their titles. */
export function skipReasons(modules: readonly TestModule[]): string[] {
  const counts = new Map<string, number>();
  for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
    const result = test.result();
    const reason = result.state === "skipped" ? result.note : undefined;
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} skipped because ${reason}`);
}
