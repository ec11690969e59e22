import { expect, it } from "vitest";
import type { Decision } from "#sync/decision.ts";
import { execute, exitCodeOf } from "#sync/execution.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { plan } from "#sync/plan/plan.ts";
import { NO_SAFEGUARDS, type RunEvent, type Safeguards } from "#sync/safeguards.ts";
import { active, rulesOf, stateOf } from "./plan/world.ts";

const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }] });
const client = createLangfuseClient({ url: "http://127.0.0.1:1", publicKey: "pk-lf-1", secretKey: "sk-lf-1" });

/** The decision to make `names` admins of an organization, and the roles there as they change. */
function decisionOf(id: string, ...names: string[]) {
  const roles = new Map(names.map((name) => [`id of ${name}`, "NONE"]));
  const langfuse = {
    ...client,
    listMemberships: async () => [...roles].map(([userId, role]) => ({ userId, role })),
    updateScimUser: async (userId: string, role: Role) => {
      roles.set(userId, role);
    },
  };
  const state = stateOf({ members: Object.fromEntries(names.map((name) => [name, ["NONE", active("admins")]])) });
  const organization = { name: id, rules: { ...rules, organization: id }, guards: DEFAULT_LIMITS, langfuse };
  const decision: Decision = { organization, state, plan: plan(state, organization.rules) };
  return { decision, roles };
}

function safeguards(more: Partial<Safeguards> = {}) {
  const events: RunEvent[] = [];
  const record = async (event: RunEvent) => {
    events.push(event);
  };
  return { ...NO_SAFEGUARDS, events, record, ...more };
}

const options = { stop: new AbortController().signal };

it("applies one organization after another, and records every answer", async () => {
  const [one, two] = [decisionOf("1", "a", "b"), decisionOf("2", "c")];
  const around = safeguards();
  const executions = await execute([one.decision, two.decision], { ...options, safeguards: around });
  expect(exitCodeOf(executions)).toBe(0);
  expect(around.events.map(({ kind }) => kind)).toEqual(["answered", "answered", "verified", "answered", "verified"]);
});

it("goes no further when a change leaves no trace, and reports what was done", async () => {
  const { decision, roles } = decisionOf("1", "a", "b", "c", "d", "e");
  const around = safeguards({ record: () => Promise.reject(new Error("the disk is full")) });
  const executions = await execute([decision], { ...options, safeguards: around });
  expect(exitCodeOf(executions)).toBe(4);
  expect(executions[0]?.outcome).toMatchObject({
    applied: ["a", "b", "c"].map((name) => ({ email: `${name}@example.com` })),
    notAttempted: ["d", "e"].map((name) => ({ email: `${name}@example.com` })),
    unverified: "what was done could not be written down: the disk is full",
  });
  expect([...roles.values()]).toEqual(["ADMIN", "ADMIN", "ADMIN", "NONE", "NONE"]);
});
