import { type Element, type Flow, isEnabled, nameOf } from "./flow-tree.ts";

/** One sentence for each way in which a server's flow is not the declared one; disabled extra steps do not count. */
export function treeDifferences(declared: Flow, live: Flow): string[] {
  return childDifferences(live.alias, declared.children, live.children);
}

function childDifferences(parent: string, declared: readonly Element[], live: readonly Element[]): string[] {
  const rest = [...live];
  const differences: string[] = [];
  const order: number[] = [];
  for (const element of declared) {
    const at = rest.findIndex((candidate) => candidate.kind === element.kind && nameOf(candidate) === nameOf(element));
    const [found] = at < 0 ? [] : rest.splice(at, 1);
    if (found === undefined) {
      differences.push(`"${parent}" lacks ${describe(element)}`);
      continue;
    }
    order.push(live.indexOf(found));
    differences.push(...elementDifferences(parent, element, found));
  }
  if (order.some((position, index) => position < (order[index - 1] ?? -1))) {
    differences.push(`the steps of "${parent}" are in another order: ${live.map(nameOf).join(", ")}`);
  }
  for (const extra of rest.filter(isEnabled)) differences.push(`"${parent}" has ${describe(extra)} besides`);
  return differences;
}

function elementDifferences(parent: string, declared: Element, live: Element): string[] {
  const name = `"${nameOf(declared)}" in "${parent}"`;
  const differences: string[] = [];
  if (declared.requirement !== live.requirement) {
    differences.push(`${name} is ${live.requirement} instead of ${declared.requirement}`);
  }
  if (declared.kind === "subflow" && live.kind === "subflow") {
    return [...differences, ...childDifferences(live.alias, declared.children, live.children)];
  }
  if (declared.kind === "subflow" || live.kind === "subflow") return differences;
  const wanted = declared.config?.values ?? {};
  const found = live.config?.values ?? {};
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    // An empty value and "false" are what the server takes for an absent one.
    const [want = "", have = ""] = [wanted[key], found[key]].map((value) => (value === "false" ? "" : value));
    if (want !== have) differences.push(`${name} has ${key} "${have}" instead of "${want}"`);
  }
  return differences;
}

function describe(element: Element): string {
  return element.kind === "subflow" ? `the sub-flow "${element.alias}"` : `the step "${element.authenticator}"`;
}
