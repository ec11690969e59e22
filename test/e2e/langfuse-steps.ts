import { expect } from "vitest";
import type { Outcome } from "#local/pulumi/stack.ts";
import type { Ground } from "./langfuse-ground.ts";

/** Operations that change nothing by themselves. */
const QUIET = ["same", "refresh"];

/** The outcome of an operation that must succeed. */
export async function run(operation: Promise<Outcome>): Promise<Outcome> {
  const outcome = await operation;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

/** What happened to resources, in an order of its own; those that stayed the same left out, and providers. */
export function stepsOf({ steps }: Outcome): string[] {
  return steps
    .filter(({ operation, type, name }) => !QUIET.includes(operation) && `${type} ${name}`.search(/ default/) < 0)
    .map(({ operation, type, name }) => `${operation} ${type} ${name}`)
    .toSorted();
}

/**
 * The writes since the proxy was cleared that were not refused, ids left out, in an order of their own. Refused is what
 * the engine began too early, such as the demotion of a last owner.
 */
export function writesOf({ proxy }: Ground): string[] {
  return proxy.requests
    .filter(({ method, status = 0 }) => method !== "GET" && status < 400)
    .map(({ method, path }) => lineOf(method, path))
    .toSorted();
}

/** The reads since then, in the same form. */
export function readsOf({ proxy }: Ground): string[] {
  return proxy.requests
    .filter(({ method }) => method === "GET")
    .map(({ method, path }) => lineOf(method, path))
    .toSorted();
}

/**
 * What was read since then, where time decides how often: a deletion is looked for until the server has made it, and what
 * is done side by side may share an answer.
 */
export function kindsOfReads(ground: Ground): string[] {
  return [...new Set(readsOf(ground))];
}

/** A request as a person reads it, ids left out. */
export function lineOf(method: string, path: string): string {
  return `${method} ${path.replace(/^\/api\//, "").replace(/\bc[a-z0-9]{24}\b/g, "ID")}`;
}

/**
 * What a preview says of the resources that change, without what differs from run to run: ids, and the order of what does
 * not depend on each other.
 */
export function saidBy({ output }: Outcome): string {
  const said = output
    .slice(output.indexOf("pulumi:pulumi:Stack"))
    .replace(/\bc[a-z0-9]{24}\b/g, "ID")
    .replace(/pk-lf-[0-9a-f-]{36}/g, "pk-lf-PAIR");
  const [changes = "", rest = ""] = said.split(/^Resources:\n/m);
  const lines = changes.split("\n").filter((line) => !/^\s*\[(urn|provider)=/.test(line));
  const text = lines.slice(1).join("\n").split("    --outputs:--")[0] ?? "";
  const blocks = text.split(/^(?= {8}[~+-] )/m).map((block) => block.trimEnd());
  return [...blocks.toSorted(), ...linesBelow(rest)].join("\n");
}

/** What a preview or an `up` told in words, in an order of its own. */
export function announcedBy({ output }: Outcome): string[] {
  const [, diagnostics] = /^Diagnostics:\n(.*?)^\S/ms.exec(output) ?? [];
  // A preview has no heading for it.
  if (diagnostics === undefined) return linesBelow(output.split(/^Resources:\n/m)[1] ?? "");
  return [...diagnostics.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = ""]) => line).toSorted();
}

function linesBelow(summary: string): string[] {
  return summary
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("  "))
    .toSorted();
}
