import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute or more, the longest first. Begun last, they would leave the other workers without work. */
const LONGEST = [
  "e2e/sync-pod",
  "e2e/demo",
  "e2e/stack",
  "e2e/langfuse-crash",
  "e2e/gate/gate",
  "integration/gate/logins",
  "integration/sync-function/exactness",
  "integration/sync-function/sync",
  "integration/kubernetes/cluster",
  "integration/keycloak/server",
  "integration/gate/damages",
];

/** The usual order, with the longest files before all others. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => rank(left) - rank(right));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return place === -1 ? LONGEST.length : place;
}
