import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import { breakGlass, companySettings, companyStack } from "#local/bed/company-stack.ts";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { people } from "#local/keycloak/company.ts";
import { createRealm, deleteRealm } from "#local/keycloak/realm.ts";
import type { UserRepresentation } from "#local/keycloak/representations.ts";
import { assignRoles, removeRoles } from "#local/keycloak/roles.ts";
import { silent } from "#local/progress.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { verifyAudit } from "#sync/audit/verification.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { parseState, type SyncState } from "#sync/state/document.ts";
import { sharedBed } from "#test/bed.ts";
import { generateRealm, READER } from "../../bench/sync/realm-generator.ts";
import { type JobSpec, type PodEnd, runJob } from "./sync-job.ts";

const isWithoutNode = process.env.CI !== "true" && process.env.LOCAL_KUBERNETES_NODE === "off";
const namespace = "pod-test";
const inNamespace = ["--namespace", namespace];
const sync = { namespace, cronJobName: "langfuse-role-sync" };
const person = people.direct;
/** What the preset is about. */
const existing = ["admin", "operator", "developer"];

let bed: Bed;
let proxy: FaultProxy;
let stack: Stack;
let client: LangfuseClient;
let unready: Awaited<ReturnType<typeof deployTooEarly>>;
/** Organizations that the stack does not declare: the key of one is made by the stack, of the other in the cluster. */
let further: readonly [string, string];

const engineering = [{ from: { group: "/engineering" }, organization: "VIEWER" }];
const settings = (changes: Readonly<Record<string, unknown>> = {}) => {
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
  };
};
let proxyUrl = "";

/** Stands for a Pushgateway: what runs have pushed, the last behind. */
const pushed: string[] = [];
let pushgatewayUrl = "";
const gateway = createServer(async (request, response) => {
  pushed.push(`${request.method} ${request.url}\n${await text(request)}`);
  response.end();
});

describe.skipIf(isWithoutNode)("the deployed sync, in its own pods (skipped without a node)", () => {
  beforeAll(async () => {
    bed = await sharedBed();
    proxy = await startFaultProxy({ target: bed.langfuse.url });
    proxyUrl = await bed.cluster.expose(proxy.url);
    await once(gateway.listen(0, "127.0.0.1"), "listening");
    pushgatewayUrl = await bed.cluster.expose(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
    further = [await organizationWithOwner("Further"), await organizationWithOwner("Farther")];
    stack = await companyStack(bed, `pod-${randomUUID().slice(0, 8)}`, silent);
    unready = await deployTooEarly();
    for (const name of existing) await bed.admin.post(`/realms/${bed.realm}/roles`, { name });
    await deploy();
    const { organizationPublicKey: publicKey, organizationSecretKey: secretKey } = (await stack.outputs({
      showSecrets: true,
    })) as Record<string, string>;
    client = createLangfuseClient({ url: bed.langfuse.url, publicKey: publicKey ?? "", secretKey: secretKey ?? "" });
  });

  afterAll(async () => {
    await stack?.destroy();
    for (const id of further) await createLangfuseAdminClient(bed.langfuse).deleteOrganization(id);
    for (const name of existing) await bed.admin.delete(`/realms/${bed.realm}/roles/${name}`);
    await deleteRealm(bed.admin, crowd);
    await proxy?.stop();
    gateway.close();
  });

  it("is examined before it is deployed, and deployed by the next up when what was wrong is right", async () => {
    expect(unready.exitCode).not.toBe(0);
    expect(unready.output).toContain("langfuse-role-sync-doctor-");
    expect(unready.examination).toMatch(/^error .* has no role "operator"/m);
    expect(unready.cronJobs).toBe("");
    expect(await deployedNames()).toHaveLength(2);
  });

  it("stays what it was when an update fails, and when that is taken back", async () => {
    const deployed = await deployedNames();
    await stack.configure(settings({ rules: [{ from: { group: "/nowhere" }, organization: "OWNER" }] }));
    expect((await stack.up()).exitCode).not.toBe(0);
    expect(await deployedNames()).toEqual(deployed);
    await deploy();
    expect(await deployedNames()).toEqual(deployed);
    await bed.cluster.kubectl(["get", "configmaps", ...deployed, ...inNamespace]);
  });

  it("has a key that was made in the cluster, exactly once, and is in no state", async () => {
    const keys = await createLangfuseAdminClient(bed.langfuse).listApiKeys(further[1]);
    expect(keys.filter(({ note }) => note?.includes(`${namespace}/farther`))).toHaveLength(1);
    const text = await bed.cluster.kubectl(["get", "secret", "farther", "-o", "json", ...inNamespace]);
    const { data } = JSON.parse(text) as { data: Record<string, string> };
    const secretKey = Buffer.from(data.LANGFUSE_SECRET_KEY ?? "", "base64").toString();
    expect(secretKey).toMatch(/^sk-lf-/);
    expect(await stack.export()).not.toContain(secretKey);
  });

  it("remembers people by their ids and continues the audit chain from run to run", async () => {
    await assignRoles(bed.admin, bed.realm, { users: { [person.username]: ["langfuse-member"] } });
    await client.createScimUser({ userName: person.email, role: "VIEWER" });
    const first = await runOne();
    expect(first, first.log).toMatchObject({ exitCode: 0 });
    expect(await roleOf(person.email)).toBe("MEMBER");
    const member = (await client.listMemberships()).find(({ email }) => email === person.email);
    const { organizations } = await state();
    expect(Object.values(organizations).map(({ links }) => links[member?.userId ?? ""])).toContain(await keycloakId());

    const second = await runOne();
    const records = auditLines(first.log, second.log);
    expect(records.length).toBeGreaterThan(5);
    expect(await problemsIn(records)).toEqual([]);
    expect(await problemsIn(records.slice(0, -1))).toEqual(["truncated"]);
  });

  it("keeps what it remembers when Pulumi reads everything again", async () => {
    const remembered = await state();
    const up = await stack.up(["--refresh"]);
    expect(Object.keys(up.changes), up.output).toEqual(["same"]);
    expect(await state()).toEqual(remembered);
  });

  it("leaves figures at the Pushgateway that go on from run to run", async () => {
    await runOne();
    const successes = () => Number(/^langfuse_sync_success_total (\d+)$/m.exec(pushed.at(-1) ?? "")?.[1]);
    const before = successes();
    expect(before).toBeGreaterThan(0);
    expect(pushed.at(-1)).toMatch(/^PUT \/metrics\/job\/langfuse_sync\/instance\/Company/);
    await runOne();
    expect(successes()).toBe(before + 1);
  });

  it("lets one of two that start together write, and the other say who does", async () => {
    await client.updateScimUser(await userId(person.email), "VIEWER");
    const withdraw = proxy.inject({ matches: ({ path: url }) => url.includes("/memberships"), fault: slow });
    const both = await Promise.all([runOne(), runOne()]);
    withdraw();
    expect(both.map(({ exitCode }) => exitCode).sort(), both.map(({ log }) => log).join("\n")).toEqual([0, 3]);
    const [winner, loser] = both.toSorted((left, right) => left.exitCode - right.exitCode);
    expect(winner?.log).toContain("Applied: 1 applied");
    expect(loser?.log).toMatch(/langfuse-access .* run .* is writing at this moment and only one may/);
    expect(await roleOf(person.email)).toBe("MEMBER");
  });

  it("applies what a guard refused once it is approved, and the approval once", async () => {
    await removeRoles(bed.admin, bed.realm, { users: { [person.username]: ["langfuse-member"] } });
    const refused = await runOne();
    expect(refused, refused.log).toMatchObject({ exitCode: 3 });
    const [, fingerprint = ""] = /apply --approve (\w+)/.exec(refused.log) ?? [];
    expect(await roleOf(person.email)).toBe("MEMBER");
    const approve = (spec: JobSpec) => spec.template.spec.containers[0].command.push("--approve", fingerprint);
    expect(await runOne(approve)).toMatchObject({ exitCode: 0 });
    expect(await roleOf(person.email)).toBe("NONE");
    await client.updateScimUser(await userId(person.email), "MEMBER");
    const again = await runOne(approve);
    expect(again).toMatchObject({ exitCode: 3 });
    expect(again.log).toContain("approval");
    await client.updateScimUser(await userId(person.email), "NONE");
  });

  it("ends a leak as a readable error within its limit, and not as a kill", async () => {
    const leak = "const all = []; for (let row = 0; ; row += 1) all.push({ row, text: `row` + row });";
    const end = await runOne((spec) => {
      const [container] = spec.template.spec.containers;
      const flags = container.command.filter((word) => word.startsWith("--"));
      container.command = ["node", ...flags, "-e", leak];
    });
    expect(end.log).toContain("JavaScript heap out of memory");
    // The first process of a container takes no SIGABRT from itself, so that its abort ends as SIGSEGV; 137 is a kill.
    expect(end).toMatchObject({ reason: "Error", exitCode: 139 });
  });

  it("ends what grows outside of the heap as a readable error too", async () => {
    const leak = "const all=[];setInterval(()=>all.push(Buffer.alloc(1<<20,1)),10).unref()";
    const withdraw = proxy.inject({ fault: slow });
    const end = await runOne((spec) => {
      const [container] = spec.template.spec.containers;
      const [node = "", ...words] = container.command;
      container.command = [node, "--import", `data:text/javascript,${encodeURIComponent(leak)}`, ...words];
    });
    withdraw();
    expect(end.log).toMatch(/^out of memory: the run uses 1[12]\d of the 128 MiB/m);
    expect(end).toMatchObject({ reason: "Error", exitCode: 70 });
  });

  it("plans for ten thousand people within its memory limit", async () => {
    await stageCrowd(10_000);
    const end = await runOne(({ template: { spec } }) => {
      const [container] = spec.containers;
      container.command = ["node", "--import", PEAK, ...container.command.slice(1, -1), "plan"];
      container.env = container.env.filter(({ name }) => name !== "KEYCLOAK_REALM").concat(crowdReader);
    });
    // A plan without changes ends with 0, one with changes with 2.
    expect([0, 2], end.log.slice(-600)).toContain(end.exitCode);
    expect(end.log).toMatch(/Organization Company: .* 9\d{3} in sync/);
    const peak = Number(/peak memory: (\d+) kB/.exec(end.log)?.[1]) / 1024;
    console.info(`plan for 10,000 people in the pod: ${peak.toFixed(1)} MiB at most`, `(exit ${end.exitCode})`);
    expect(peak).toBeLessThan(128);
  });

  it("shares the organizations over shards, of which one may fail without the others", async () => {
    await deploy({ shards: 2 });
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "langfuse-role-sync-0", namespace },
    };
    const held = {
      holderIdentity: "somebody else",
      leaseDurationSeconds: 300,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    const file = path.join(bed.folder, "lease.json");
    await writeFile(file, JSON.stringify({ ...lease, spec: held }));
    await bed.cluster.kubectl(["apply", "--server-side", "--field-manager=test", "-f", file]);
    const [one, other] = await run();
    expect(one).toMatchObject({ index: "0", exitCode: 3 });
    expect(one?.log).toContain("somebody else is writing at this moment");
    expect(other, other?.log).toMatchObject({ index: "1", exitCode: 0 });
    expect((await state("-1")).audit?.sequence).toBeGreaterThan(1);
    expect((await state("-0")).audit).toBeUndefined();
  });
});

const crowd = "crowd";
const crowdReader = [
  { name: "KEYCLOAK_REALM", value: crowd },
  { name: "KEYCLOAK_CLIENT_ID", value: READER.clientId },
  { name: "KEYCLOAK_CLIENT_SECRET", value: READER.secret },
];

/** A realm with so many people, of whom everybody with an address is a member of the organization. */
async function stageCrowd(size: number): Promise<void> {
  const realm = generateRealm({ realm: crowd, people: size, clientRoleComposites: false });
  const engineering = { name: "engineering", subGroups: [{ name: "ml" }] };
  await createRealm(bed.admin, {
    ...realm,
    groups: [...(realm.groups ?? []), engineering],
    roles: { ...realm.roles, realm: [...(realm.roles?.realm ?? []), ...existing.map((name) => ({ name }))] },
  });
  await mapLimited(realm.users ?? [], 8, async (user) => {
    if (user.email) await client.createScimUser({ userName: user.email.toLowerCase(), role: usualRole(user) });
  });
}

/** What holds each role in the generated realm, besides the role itself. */
const HOLDERS = {
  ADMIN: ["langfuse-admin", "platform-engineer", "/platform/core"],
  MEMBER: ["langfuse-member", "director", "/data-science/ml/vision", "/leads/europe"],
  VIEWER: ["langfuse-viewer", "analyst", "/analysts/finance", "/operations/on call"],
} as const;

/** The role that nearly everybody has after a run, as on an ordinary day: each change costs a request of its own. */
function usualRole({ enabled, realmRoles = [], groups = [] }: UserRepresentation): Role {
  const held = new Set(enabled === false ? [] : [...realmRoles, ...groups]);
  const found = Object.entries(HOLDERS).find(([, names]) => names.some((name) => held.has(name)));
  return (found?.[0] as Role | undefined) ?? "NONE";
}

/** Writes the most memory that the process ever had in RAM, when it ends. */
const PEAK = `data:text/javascript,${encodeURIComponent(
  `import{readFileSync as read}from"node:fs";process.on("exit",()=>console.error("peak memory: "+/VmHWM:\\s+(.+)/.exec(read("/proc/self/status","utf8"))[1]))`,
)}`;

const slow = { kind: "delay", milliseconds: 4_000 } as const;

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
async function deployedNames(): Promise<string[]> {
  const names = "jsonpath={.spec.jobTemplate.spec.template.spec.volumes[*].configMap.name}";
  return (await bed.cluster.kubectl(["get", "cronjob", sync.cronJobName, "-o", names, ...inNamespace])).split(" ");
}

async function deploy(changes?: Readonly<Record<string, unknown>>): Promise<void> {
  await stack.configure(settings(changes));
  const up = await stack.up();
  expect(up.exitCode, up.output).toBe(0);
}

const run = (change?: (spec: JobSpec) => void): Promise<PodEnd[]> => runJob(bed, sync, change);

async function runOne(change?: (spec: JobSpec) => void): Promise<PodEnd> {
  const [end] = await run(change);
  if (end === undefined) throw new Error("no pod ended");
  return end;
}

async function state(suffix = ""): Promise<SyncState> {
  const name = `langfuse-role-sync-state${suffix}`;
  const text = await bed.cluster.kubectl(["get", "configmap", name, "-o", "json", ...inNamespace]);
  const { data, binaryData } = JSON.parse(text) as Record<"data" | "binaryData", Record<string, string> | undefined>;
  const packed = binaryData?.["state.json.gz"];
  const content = packed === undefined ? data?.["state.json"] : gunzipSync(Buffer.from(packed, "base64")).toString();
  return parseState(content ?? '{"version":1}', name);
}

/** Lines of the audit trail out of pod logs, in the order of the logs. */
function auditLines(...logs: readonly string[]): string[] {
  return logs.flatMap((log) => log.split("\n").filter((line) => line.startsWith('{"event":')));
}

/** Problems that `audit verify` finds when it knows the end from the state. */
async function problemsIn(lines: readonly string[]) {
  return verifyAudit(lines, (await state()).audit).problems.map(({ kind }) => kind);
}

async function roleOf(email: string): Promise<string | undefined> {
  return (await client.listMemberships()).find((member) => member.email === email)?.role;
}

async function userId(email: string): Promise<string> {
  return (await client.listMemberships()).find((member) => member.email === email)?.userId ?? "";
}

async function keycloakId(): Promise<string | undefined> {
  const found = await bed.admin.get<{ id: string }[]>(
    `/realms/${bed.realm}/users?exact=true&username=${person.username}`,
  );
  return found[0]?.id;
}
