import type { Element } from "./flow-tree.ts";
import type { FlatExecution } from "./replica.ts";

/** The list in which a server tells a tree; the inverse of `liveTree`. */
export function flatten(elements: readonly Element[], level = 0): FlatExecution[] {
  return elements.flatMap((element): FlatExecution[] => {
    const { requirement } = element;
    if (element.kind === "execution") {
      return [{ level, requirement, providerId: element.authenticator, config: element.config }];
    }
    const head = { level, requirement, displayName: element.alias, authenticationFlow: true };
    return [head, ...flatten(element.children, level + 1)];
  });
}
