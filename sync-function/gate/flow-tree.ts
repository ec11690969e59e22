/** How an element takes part in its flow. Declared trees leave `DISABLED` elements out; a server's trees have them. */
export type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL" | "DISABLED";

export interface Execution {
  readonly kind: "execution";
  /** Authenticator id of the server, such as `auth-cookie`. */
  readonly authenticator: string;
  readonly requirement: Requirement;
  /** Order among siblings, ascending; always explicit, because the server's default is 0 for all. */
  readonly priority: number;
  readonly config?: { readonly alias: string; readonly values: Readonly<Record<string, string>> };
}

export interface Subflow {
  readonly kind: "subflow";
  /** Unique in the realm, over all flows and sub-flows. */
  readonly alias: string;
  readonly requirement: Requirement;
  readonly priority: number;
  readonly children: readonly Element[];
}

export type Element = Execution | Subflow;

export interface Flow {
  readonly alias: string;
  /** At most 255 characters: a longer one is a server error. */
  readonly description: string;
  readonly children: readonly Element[];
}

/** Conditions decide whether their sub-flow runs; they do not count as steps of it. */
export function isCondition({ authenticator }: Execution): boolean {
  return authenticator.startsWith("conditional-");
}

const ofGate = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"].join();

/** Whether an element is a gate, ours or another's, by what it is made of. */
export function isGate(element: Element): boolean {
  return element.kind === "subflow" && element.children.map(nameOf).toSorted().join() === ofGate;
}

export const isEnabled = ({ requirement }: Element): boolean => requirement !== "DISABLED";

/** Name of an element for people: the alias of a sub-flow, the authenticator of an execution. */
export function nameOf(element: Element): string {
  return element.kind === "subflow" ? element.alias : element.authenticator;
}

/** Every list of siblings, named by its parent. */
export function* siblingLists(
  parent: string,
  children: readonly Element[],
): Generator<[parent: string, children: readonly Element[]]> {
  yield [parent, children];
  for (const child of children) if (child.kind === "subflow") yield* siblingLists(child.alias, child.children);
}
