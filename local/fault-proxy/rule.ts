import type { IncomingHttpHeaders } from "node:http";

/** What goes wrong with a request. */
export type Fault =
  /** Forwarded later, if the client is still there. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Forwarded when something has happened, if the client is still there by then. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> }
  /** Forwarded at once, and answered no sooner than so long after it came: a server that takes its time. */
  | { readonly kind: "latency"; readonly milliseconds: number }
  /** Answered here; the server never sees it. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** May be made from what was asked. */
      readonly body?: string | ((asked: { readonly headers: IncomingHttpHeaders; readonly body: string }) => string);
    }
  /** The connection breaks: `before` the server sees the request, or `after` it has acted and its answer is lost. */
  | {
      readonly kind: "cut";
      readonly when: "before" | "after";
      /** Called before the client can notice, for instance to kill it. */
      readonly struck?: () => void | Promise<void>;
    }
  /** The header promises the whole body, but the connection breaks after `bytes` of it; default half. */
  | { readonly kind: "truncate"; readonly bytes?: number }
  /** The status and headers are the server's, the body is not; default something that is not JSON. */
  | { readonly kind: "garbage"; readonly body?: string }
  /** A list, or each list in an object, has its first rows only, `keep` of them, and is valid for all that. */
  | { readonly kind: "shorten"; readonly keep: number };

export interface RequestLine {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** Which requests a fault happens to, counted from the moment the rule is set. */
export interface FaultRule {
  readonly fault: Fault;
  /** Default: every request. */
  readonly matches?: (request: RequestLine) => boolean;
  /** 0-based position, among the requests that match, of the first to be hit. Default 0. */
  readonly position?: number;
  /** How many are hit. Default 1 when there is a position, otherwise all. */
  readonly count?: number;
}

/** What happens to one request: the delays and holds of all its rules, their longest latency, and the first other fault. */
export interface Outcome {
  /** In milliseconds. */
  readonly delay: number;
  readonly holds: readonly Promise<unknown>[];
  /** In milliseconds. */
  readonly latency: number;
  readonly fault: Exclude<Fault, { kind: "delay" | "hold" | "latency" }> | undefined;
}

/** Rules that are in force, each with the number of matching requests so far. */
export class FaultRules {
  readonly #rules = new Map<FaultRule, number>();

  /** Returns a function that withdraws the rule. */
  add(rule: FaultRule): () => void {
    const own = { ...rule };
    this.#rules.set(own, 0);
    return () => this.#rules.delete(own);
  }

  clear(): void {
    this.#rules.clear();
  }

  outcomeOf(request: RequestLine): Outcome {
    let delay = 0;
    const holds: Promise<unknown>[] = [];
    let latency = 0;
    let fault: Outcome["fault"];
    for (const [rule, seen] of this.#rules) {
      if (rule.matches && !rule.matches(request)) continue;
      this.#rules.set(rule, seen + 1);
      if (!isHit(rule, seen)) continue;
      if (rule.fault.kind === "delay") delay += rule.fault.milliseconds;
      else if (rule.fault.kind === "hold") holds.push(rule.fault.until);
      else if (rule.fault.kind === "latency") latency = Math.max(latency, rule.fault.milliseconds);
      else fault ??= rule.fault;
    }
    return { delay, holds, latency, fault };
  }
}

function isHit({ position, count }: FaultRule, index: number): boolean {
  const first = position ?? 0;
  const hits = count ?? (position === undefined ? Number.POSITIVE_INFINITY : 1);
  return index >= first && index < first + hits;
}
