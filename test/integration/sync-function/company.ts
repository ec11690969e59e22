import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { Result } from "./command-line.ts";
import type { Person, Realm } from "./realm-server.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-safeguards-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Where in the folder of the test a file of this name is. */
export const at = (name: string) => path.join(folder, name);

/** The files in which a run keeps its records. */
export const records = (): Record<string, string> => ({
  AUDIT_FILE: at("audit.jsonl"),
  STATE_FILE: at("state.json"),
  METRICS_FILE: at("sync.prom"),
  LOCK_FILE: at("sync.lock"),
});

export const roles: Realm["roles"] = { "langfuse-owner": [], "langfuse-admin": [], "langfuse-member": [] };
export const MAPPING = {
  "langfuse-owner": "OWNER",
  "langfuse-admin": "ADMIN",
  "langfuse-member": "MEMBER",
  default: "VIEWER",
};
export const boss: Person = { id: "boss", email: "boss@example.com", roles: ["langfuse-owner"] };

/** Six people who hold the same role now, and a membership each that says something else. */
export function many(role: string | undefined, enabled = true): readonly Person[] {
  return Array.from({ length: 6 }, (_, index) => ({
    id: `${index}`,
    email: `p${index}@example.com`,
    enabled,
    ...(role !== undefined && { roles: [role] }),
  }));
}
export const six = (role: string) => Object.fromEntries(many(undefined).map(({ email }) => [email, role]));

/** Two people, one of whom gets another role. */
export const people: readonly Person[] = [boss, { id: "a", email: "a@example.com", roles: ["langfuse-member"] }];
export const members = { "boss@example.com": "OWNER", "a@example.com": "VIEWER" };

/** What the refusal asks for. */
export function approvalIn({ complaints }: Result): string {
  return /--approve ([0-9a-f]{12,64})/.exec(complaints)?.[1] ?? "none";
}
