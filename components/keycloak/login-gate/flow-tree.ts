/** How an element takes part in its flow; `DISABLED` elements are left out of trees altogether. */
export type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL";

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
