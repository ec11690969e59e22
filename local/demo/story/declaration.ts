import { z } from "zod";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { Bed } from "../../bed/bed.ts";
import { breakGlass } from "../../bed/company-stack.ts";
import type { DeployedSync } from "../../bed/sync-run.ts";
import type { Progress } from "../../progress.ts";
import type { Stack } from "../../pulumi/stack.ts";
import { type Checks, expectEqual, expectThat } from "../checks.ts";
import { organizationClient } from "./organization-client.ts";

const outputsSchema = z.object({
  roleNames: z.array(z.string()),
  gateRoleName: z.string(),
  gateFlowAliases: z.array(z.string()),
  syncClientId: z.string(),
  organizationId: z.string(),
  projectId: z.string(),
  organizationPublicKey: z.string(),
  organizationSecretKey: z.string(),
  langfuseSecretName: z.string(),
  syncSecretName: z.string(),
  syncCronJobName: z.string(),
  namespace: z.string(),
});

export type StackOutputs = z.output<typeof outputsSchema>;

export function deployedSync(outputs: StackOutputs): DeployedSync {
  const { namespace, syncCronJobName, syncSecretName } = outputs;
  return { namespace, cronJobName: syncCronJobName, secretName: syncSecretName };
}

/** Preview, up, a second up; then everything that was declared is read back from the server it lives in. */
export async function declare(bed: Bed, stack: Stack, checks: Checks, progress: Progress): Promise<StackOutputs> {
  checks.section("pulumi preview, up, and up again");
  const preview = await progress.step("pulumi preview", () => stack.preview());
  checks.show(
    preview.output
      .split("\n")
      .filter((line) => /to create|^Resources/.test(line))
      .join("\n"),
  );
  await checks.check("preview shows nothing but creations", () => {
    expectThat(preview.exitCode === 0, preview.output);
    expectEqual(Object.keys(preview.changes), ["create"], "steps in the preview");
  });
  const up = await progress.step("pulumi up", () => stack.up());
  if (up.exitCode !== 0) throw new Error(`pulumi up failed:\n${up.output}`);
  await checks.check("up creates exactly what the preview showed", () => {
    expectEqual(up.changes, preview.changes, "steps of up");
  });
  const again = await progress.step("pulumi up, nothing changed", () => stack.up());
  await checks.check("a second up changes nothing", () => {
    expectThat(again.exitCode === 0, again.output);
    expectEqual(Object.keys(again.changes), ["same"], "steps of the second up");
  });
  const outputs = outputsSchema.parse(await stack.outputs({ showSecrets: true }));
  await readBackKeycloak(bed, outputs, checks);
  await readBackKubernetes(bed, outputs, checks);
  await readBackLangfuse(bed, outputs, checks);
  return outputs;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

async function readBackKeycloak({ admin, realm }: Bed, outputs: StackOutputs, checks: Checks): Promise<void> {
  checks.section("what Keycloak, Kubernetes and Langfuse hold");
  await checks.check("Keycloak: every realm role includes the role that opens the gate", async () => {
    for (const role of outputs.roleNames) {
      const composites = await admin.get<Named[]>(`/realms/${realm}/roles/${role}/composites`);
      expectEqual(
        composites.map(({ name }) => name),
        [outputs.gateRoleName],
        `composites of ${role}`,
      );
    }
  });
  await checks.check(
    "Keycloak: the sync's service account has view-users and view-realm, and nothing else",
    async () => {
      const [client] = await admin.get<{ id: string }[]>(`/realms/${realm}/clients`, {
        clientId: outputs.syncClientId,
      });
      const account = await admin.get<{ id: string }>(`/realms/${realm}/clients/${client?.id}/service-account-user`);
      const mappings = await admin.get<{
        clientMappings?: Record<string, { mappings: Named[] }>;
        realmMappings?: Named[];
      }>(`/realms/${realm}/users/${account.id}/role-mappings`);
      const rights = Object.entries(mappings.clientMappings ?? {}).flatMap(([owner, { mappings: roles }]) =>
        roles.map((role) => `${owner}/${role.name}`),
      );
      expectEqual(rights.sort(), ["realm-management/view-realm", "realm-management/view-users"], "client roles");
      expectEqual(
        (mappings.realmMappings ?? []).map(({ name }) => name),
        [`default-roles-${realm}`],
        "realm roles",
      );
    },
  );
  await checks.check("Keycloak: the gate's flow is bound and ends in the gate", async () => {
    const { browserFlow } = await admin.get<{ browserFlow: string }>(`/realms/${realm}`);
    expectEqual([browserFlow], outputs.gateFlowAliases, "bound browser flow");
    const executions = await admin.get<{ level: number; providerId?: string; requirement: string }[]>(
      `/realms/${realm}/authentication/flows/${browserFlow}/executions`,
    );
    const last = executions.slice(-3).map(({ providerId, requirement }) => `${providerId} ${requirement}`);
    const gate = [
      "conditional-client-scope REQUIRED",
      "conditional-user-role REQUIRED",
      "deny-access-authenticator REQUIRED",
    ];
    expectEqual(last, gate, "last executions");
  });
}

async function readBackKubernetes({ cluster }: Bed, outputs: StackOutputs, checks: Checks): Promise<void> {
  const read = async (kind: string, name: string) =>
    JSON.parse(await cluster.kubectl(["get", kind, name, "--namespace", outputs.namespace, "-o", "json"]));
  await checks.check("Kubernetes: the CronJob forbids overlap and its container is locked down", async () => {
    const { spec } = await read("cronjob", outputs.syncCronJobName);
    const pod = spec.jobTemplate.spec.template.spec;
    const [container] = pod.containers;
    expectEqual(spec.concurrencyPolicy, "Forbid", "concurrencyPolicy");
    expectEqual(pod.automountServiceAccountToken, false, "automountServiceAccountToken");
    expectEqual(pod.securityContext.runAsNonRoot, true, "runAsNonRoot");
    expectEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" }, "seccompProfile");
    expectEqual(container.securityContext.readOnlyRootFilesystem, true, "readOnlyRootFilesystem");
    expectEqual(container.securityContext.capabilities, { drop: ["ALL"] }, "capabilities");
    expectEqual(container.resources.limits, { cpu: "200m", memory: "128Mi" }, "limits");
    const volume = pod.volumes.find((candidate: { name: string }) => candidate.name === "program");
    expectEqual((await read("configmap", volume.configMap.name)).immutable, true, "ConfigMap immutable");
  });
  await checks.check("Kubernetes: both Secrets hold their keys", async () => {
    const keys = async (name: string) => Object.keys((await read("secret", name)).data).sort();
    const sync = ["KEYCLOAK_CLIENT_ID", "KEYCLOAK_CLIENT_SECRET", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"];
    expectEqual(await keys(outputs.syncSecretName), sync, outputs.syncSecretName);
    expectEqual(
      await keys(outputs.langfuseSecretName),
      ["ADMIN_API_KEY", "AUTH_KEYCLOAK_CLIENT_SECRET", "ENCRYPTION_KEY", "NEXTAUTH_SECRET", "SALT"],
      outputs.langfuseSecretName,
    );
  });
}

async function readBackLangfuse({ langfuse }: Bed, outputs: StackOutputs, checks: Checks): Promise<void> {
  await checks.check("Langfuse: organization, project and declared owner are there", async () => {
    const server = createLangfuseAdminClient(langfuse);
    const organization = await server.getOrganization(outputs.organizationId);
    expectEqual(
      organization.projects.map(({ id, name }) => ({ id, name })),
      [{ id: outputs.projectId, name: "Assistant" }],
      "projects",
    );
    const members = await organizationClient(langfuse, outputs).listMemberships();
    expectEqual(
      members.map(({ email, role }) => ({ email, role })),
      [{ email: breakGlass, role: "OWNER" }],
      "members",
    );
  });
}
