import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { Bed } from "../../bed/bed.ts";
import { exportRealm } from "../../keycloak/realm.ts";
import type { Progress } from "../../progress.ts";
import type { Stack } from "../../pulumi/stack.ts";
import { type Checks, expectEqual, expectThat } from "../checks.ts";
import type { StackOutputs } from "./declaration.ts";

/** Destroys the stack: the realm must be as it was found, and nothing of ours may be left anywhere. */
export async function remove(
  bed: Bed,
  stack: Stack,
  outputs: StackOutputs,
  found: unknown,
  checks: Checks,
  progress: Progress,
): Promise<void> {
  checks.section("pulumi destroy");
  const destroy = await progress.step("pulumi destroy", () => stack.destroy());
  await checks.check("destroy succeeds", () => expectThat(destroy.exitCode === 0, destroy.output));
  await checks.check("the realm is as it was found, bindings included", async () => {
    expectEqual(await exportRealm(bed.admin, bed.realm), found, "realm");
  });
  await checks.check("the organization is gone from Langfuse", async () => {
    const organizations = await createLangfuseAdminClient(bed.langfuse).listOrganizations();
    expectThat(!organizations.some(({ id }) => id === outputs.organizationId), "it is still listed");
  });
  await checks.check("the namespace is gone from Kubernetes", async () => {
    const names = await bed.cluster.kubectl(["get", "namespaces", "-o", "name"]);
    expectThat(!names.split("\n").includes(`namespace/${outputs.namespace}`), names);
  });
}
