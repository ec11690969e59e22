import { expect, it } from "vitest";
import { explainIn } from "#sync/explain/explanation.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, person, rulesOf, stateOf } from "../plan/world.ts";

it("explains the match that the plan was made by: of members who are ignored it takes no notice", () => {
  const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }], ignore: ["robot@*"] });
  const dora = person("dora", active("admins"));
  const state = stateOf({
    members: { dora: ["VIEWER", active("admins")], robot: ["VIEWER"] },
    // The robot was linked to her user once; counted in, she would be two members.
    links: { robot: dora },
  });
  const langfuse = createLangfuseClient({ url: "http://127.0.0.1:1", publicKey: "pk-lf-1", secretKey: "sk-lf-1" });
  const organization = { name: "o", rules, guards: DEFAULT_LIMITS, langfuse };
  const decided = { organization, state, plan: plan(state, rules) };
  const explained = explainIn(decided, "dora@example.com", [dora], []);
  expect(explained.changes).toMatchObject([{ to: "ADMIN" }]);
  expect(explained.verdicts?.find(({ wins }) => wins)).toMatchObject({ role: "ADMIN" });
});
