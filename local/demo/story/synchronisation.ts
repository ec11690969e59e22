import type { LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Bed } from "../../bed/bed.ts";
import { breakGlass } from "../../bed/company-stack.ts";
import { planHere, runDeployedSync } from "../../bed/sync-run.ts";
import { people } from "../../keycloak/company.ts";
import { assignRoles } from "../../keycloak/roles.ts";
import type { Progress } from "../../progress.ts";
import { type Checks, expectEqual, expectThat } from "../checks.ts";
import { deployedSync, type StackOutputs } from "./declaration.ts";
import { organizationClient } from "./organization-client.ts";

/** What somebody gave people by hand, and what their Keycloak roles say. */
const cases = [
  { person: people.direct, how: "role given directly", before: "VIEWER", after: "ADMIN" },
  { person: people.nested, how: "role of the parent group", before: "NONE", after: "MEMBER" },
  { person: people.composite, how: "role inside a company role", before: "ADMIN", after: "VIEWER" },
  { person: people.nobody, how: "no role", before: "MEMBER", after: "NONE" },
] as const satisfies readonly { person: { email: string }; how: string; before: Role; after: Role }[];

/** Gives people roles in Keycloak and wrong ones in Langfuse, and lets the deployed sync put that right. */
export async function synchronise(bed: Bed, outputs: StackOutputs, checks: Checks, progress: Progress): Promise<void> {
  checks.section("the role sync");
  const client = organizationClient(bed.langfuse, outputs);
  const sync = deployedSync(outputs);
  await assignRoles(bed.admin, bed.realm, {
    users: { [people.direct.username]: ["langfuse-admin"] },
    groups: { "/engineering": ["langfuse-member"] },
    composites: { "team-lead": ["langfuse-viewer"] },
  });
  for (const { person, before } of cases) await client.createScimUser({ userName: person.email, role: before });
  checks.show(`memberships before\n${await table(client)}`);

  const plan = await progress.step("npm run sync -- plan", () => planHere(bed, sync));
  const first = await progress.step("a Job made from the CronJob", () => runDeployedSync(bed, sync, "demo-first"));
  if (first.ranAs === "process") checks.show(`(no node: the same bundle ran as a process here; ${bed.cluster.reason})`);
  checks.show(`log of the ${first.ranAs}\n${first.log}`);
  await checks.check("the deployed sync ends well and shows the plan that `npm run sync -- plan` shows", () => {
    expectThat(first.succeeded, first.log);
    expectThat(first.log.includes(plan.trim()), `the log does not contain this plan:\n${plan}`);
  });
  const after = await roles(client);
  for (const { person, how, before, after: wanted } of cases) {
    await checks.check(`${person.email} (${how}): ${before} → ${wanted}`, () => {
      expectEqual(after[person.email], wanted, "role in Langfuse");
    });
  }
  await checks.check("the declared owner is untouched", () =>
    expectEqual(after[breakGlass], "OWNER", "role in Langfuse"),
  );
  checks.show(`memberships after\n${await table(client)}`);

  const second = await progress.step("a second Job", () => runDeployedSync(bed, sync, "demo-second"));
  await checks.check("a second run changes nothing", async () => {
    expectThat(second.succeeded, second.log);
    expectEqual(await roles(client), after, "memberships");
  });
}

async function roles(client: LangfuseClient): Promise<Record<string, string>> {
  const members = await client.listMemberships();
  return Object.fromEntries(members.map(({ email, role }) => [email ?? "", role]));
}

async function table(client: LangfuseClient): Promise<string> {
  const rows = Object.entries(await roles(client)).sort();
  return rows.map(([email, role]) => `  ${email.padEnd(32)} ${role}`).join("\n");
}
