import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect, vi } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import { breakGlass, companySettings, companyStack } from "#local/bed/company-stack.ts";
import type { PodEnd } from "#local/bed/job.ts";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { people } from "#local/keycloak/company.ts";
import { silent } from "#local/progress.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { verifyAudit } from "#sync/audit/verification.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { parseState, type SyncState } from "#sync/state/document.ts";
import { sharedBed } from "#test/bed.ts";
import { withoutCheckpoints } from "./checkpoints.ts";
import { type JobSpec, runJob } from "./sync-job.ts";

export const namespace = "pod-test";
export const inNamespace = ["--namespace", namespace];
export const sync = { namespace, cronJobName: "langfuse-role-sync" };
export const person = people.direct;
/** What the preset is about. */
export const existing = ["admin", "operator", "developer"];

export let bed: Bed;
export let proxy: FaultProxy;
export let stack: Stack;
export let client: LangfuseClient;
export let unready: Awaited<ReturnType<typeof deployTooEarly>>;
/** Organizations that the stack does not declare: the key of one is made by the stack, of the other in the cluster. */
export let further: readonly [string, string];

const engineering = [{ from: { group: "/engineering" }, organization: "VIEWER" }];
export const settings = (changes: Readonly<Record<string, unknown>> = {}) => {
  const company = companySettings(bed);
  return {
    ...company,
    langfuse: { ...(company.langfuse as object), internalUrl: proxyUrl },
    kubernetes: { kubeconfig: bed.cluster.kubeconfig, namespace },
    sync: {
      ...(company.sync as object),
      // Whoever loses access needs an approval.
      guards: { removals: { floor: 0, fraction: 0 } },
      rules: [{ from: { group: "/engineering/ml" }, projects: { Assistant: "ADMIN" }, organization: "VIEWER" }],
      organizations: [
        { id: further[0], name: "Further", rules: engineering },
        { id: further[1], name: "Farther", rules: engineering, secretName: "farther", bootstrap: true },
      ],
      preset: "existing-roles",
      metrics: { pushgatewayUrl },
      networkPolicy: { enabled: true },
      doctor: true,
      ...changes,
    },
    // A login waits for the role, however long a busy machine takes.
    proxy: { enabled: true, replicas: 2, budget: 60_000 },
  };
};
let proxyUrl = "";

/** Stands for a Pushgateway: what runs have pushed, the last behind. */
export const pushed: string[] = [];
let pushgatewayUrl = "";
const gateway = createServer(async (request, response) => {
  // A run that has waited for too long breaks off.
  const figures = await text(request).catch(() => undefined);
  if (figures !== undefined) pushed.push(`${request.method} ${request.url}\n${figures}`);
  response.end();
});

/** The servers, the organizations and the deployed stack, which is refused at first because the realm is not ready. */
export async function prepare(): Promise<void> {
  bed = await sharedBed();
  proxy = await startFaultProxy({ target: bed.langfuse.url });
  proxyUrl = await bed.cluster.expose(proxy.url);
  await once(gateway.listen(0, "127.0.0.1"), "listening");
  pushgatewayUrl = await bed.cluster.expose(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  further = [await organizationWithOwner("Further"), await organizationWithOwner("Farther")];
  stack = await companyStack(bed, `pod-${randomUUID().slice(0, 8)}`, {
    progress: silent,
    environment: withoutCheckpoints,
  });
  unready = await deployTooEarly();
  for (const name of existing) await bed.admin.post(`/realms/${bed.realm}/roles`, { name });
  await deploy();
  const { organizationPublicKey: publicKey, organizationSecretKey: secretKey } = (await stack.outputs({
    showSecrets: true,
  })) as Record<string, string>;
  client = createLangfuseClient({ url: bed.langfuse.url, publicKey: publicKey ?? "", secretKey: secretKey ?? "" });
}

export async function cleanUp(): Promise<void> {
  await stack?.destroy();
  for (const id of further) await createLangfuseAdminClient(bed.langfuse).deleteOrganization(id);
  for (const name of existing) await bed.admin.delete(`/realms/${bed.realm}/roles/${name}`);
  await proxy?.stop();
  gateway.close();
}

/** No organization is without members; one that has none is taken for a failed read. */
async function organizationWithOwner(name: string): Promise<string> {
  const admin = createLangfuseAdminClient(bed.langfuse);
  const { id } = await admin.createOrganization({ name });
  const key = await admin.createApiKey(id);
  await createLangfuseClient({ url: bed.langfuse.url, ...key }).createScimUser({ userName: breakGlass, role: "OWNER" });
  return id;
}

/** The first `up`, at a time when the realm has no role of the preset. */
async function deployTooEarly() {
  await stack.configure(settings());
  const { exitCode, output } = await stack.up();
  const failed = "jsonpath={.items[?(@.status.failed)].metadata.name}";
  const job = await bed.cluster.kubectl(["get", "jobs", "-o", failed, ...inNamespace]);
  return {
    exitCode,
    output,
    examination: await bed.cluster.kubectl(["logs", `job/${job}`, ...inNamespace]),
    cronJobs: await bed.cluster.kubectl(["get", "cronjobs", "-o", "name", ...inNamespace]),
  };
}

/** Names of the ConfigMaps that the CronJob's pods mount. */
export async function deployedNames(): Promise<string[]> {
  const names = "jsonpath={.spec.jobTemplate.spec.template.spec.volumes[*].configMap.name}";
  return (await bed.cluster.kubectl(["get", "cronjob", sync.cronJobName, "-o", names, ...inNamespace])).split(" ");
}

export async function deploy(changes?: Readonly<Record<string, unknown>>): Promise<void> {
  await stack.configure(settings(changes));
  const up = await stack.up();
  expect(up.exitCode, up.output).toBe(0);
}

export const run = (change?: (spec: JobSpec) => void): Promise<PodEnd[]> => runJob(bed, sync, change);

export async function runOne(change?: (spec: JobSpec) => void): Promise<PodEnd> {
  const [end] = await run(change);
  if (end === undefined) throw new Error("no pod ended");
  return end;
}

export async function state(suffix = ""): Promise<SyncState> {
  const name = `langfuse-role-sync-state${suffix}`;
  const text = await bed.cluster.kubectl(["get", "configmap", name, "-o", "json", ...inNamespace]);
  const { data, binaryData } = JSON.parse(text) as Record<"data" | "binaryData", Record<string, string> | undefined>;
  const packed = binaryData?.["state.json.gz"];
  const content = packed === undefined ? data?.["state.json"] : gunzipSync(Buffer.from(packed, "base64")).toString();
  return parseState(content ?? '{"version":1}', name);
}

/** Addresses of the pods that stay of a component, when so many of them are ready and none of a former rollout is. */
export async function servingPods(component: string, count: number): Promise<string[]> {
  const select = ["-l", `app.kubernetes.io/component=${component}`];
  const ready = async () => {
    const { items } = JSON.parse(await bed.cluster.kubectl(["get", "pods", ...select, "-o", "json", ...inNamespace]));
    const addresses = (items as ServingPod[])
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ status }) => status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
      .map(({ status }) => status.podIP);
    expect(addresses).toHaveLength(count);
    return addresses;
  };
  return await vi.waitFor(ready, { timeout: 120_000, interval: 500 });
}

interface ServingPod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: { readonly podIP: string; readonly conditions?: readonly { type: string; status: string }[] };
}

/** Lines of the audit trail out of pod logs, in the order of the logs. */
export function auditLines(...logs: readonly string[]): string[] {
  return logs.flatMap((log) => log.split("\n").filter((line) => line.startsWith('{"event":')));
}

/** Problems that `audit verify` finds when it knows the end from the state. */
export async function problemsIn(lines: readonly string[]) {
  return verifyAudit(lines, (await state()).audit).problems.map(({ kind }) => kind);
}

export async function roleOf(email: string): Promise<string | undefined> {
  return (await client.listMemberships()).find((member) => member.email === email)?.role;
}

export async function userId(email: string): Promise<string> {
  return (await client.listMemberships()).find((member) => member.email === email)?.userId ?? "";
}

export async function keycloakId(): Promise<string | undefined> {
  const found = await bed.admin.get<{ id: string }[]>(
    `/realms/${bed.realm}/users?exact=true&username=${person.username}`,
  );
  return found[0]?.id;
}
