import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import { startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { type Cluster, startCluster } from "#local/kubernetes/cluster.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress, silent } from "#local/progress.ts";
import { kubernetesSource } from "#local/toolchain/kubernetes.ts";
import { ensurePart } from "#local/toolchain/toolchain.ts";
import { noteOf, PUBLIC_KEY, SECRET_KEY } from "#sync/bootstrap/bootstrap.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { startGate } from "./gate.ts";
import { startProgram } from "./program.ts";

const NAMESPACE = "langfuse-bootstrap";
const processes = new ProcessGroup();
const endings: (() => Promise<unknown>)[] = [];
let folder: string;
let cluster: Cluster;
let langfuseUrl: string;
let admin: LangfuseAdminClient;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bootstrap-test-"));
  const { folder: tools } = await ensurePart(kubernetesSource, createProgress());
  const node = process.env.LOCAL_KUBERNETES_NODE;
  // No pod is needed, only the API server.
  process.env.LOCAL_KUBERNETES_NODE = "off";
  cluster = await startCluster({
    kubernetes: path.join(tools, "kubernetes"),
    pause: path.join(tools, "pause"),
    folder: path.join(folder, "cluster"),
    processes,
    progress: silent,
  });
  if (node === undefined) delete process.env.LOCAL_KUBERNETES_NODE;
  else process.env.LOCAL_KUBERNETES_NODE = node;

  const named = await namedTarget();
  if (named === undefined) {
    const { target, stop } = await startLangfuse();
    endings.push(stop);
    langfuseUrl = target.url;
    environment = { ADMIN_API_KEY: target.adminApiKey ?? "" };
  } else {
    langfuseUrl = named.url;
    environment = { ADMIN_API_KEY: named.adminApiKey ?? "" };
  }
  admin = createLangfuseAdminClient({ url: langfuseUrl, adminApiKey: environment.ADMIN_API_KEY ?? "" });
  Object.assign(environment, { LANGFUSE_URL: langfuseUrl, ...(await serviceAccount()) });
});

afterAll(async () => {
  await cluster?.stop();
  for (const end of endings.reverse()) await end();
  await processes.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A service account with exactly the documented rights, and how to reach the cluster as it. */
async function serviceAccount(): Promise<Record<string, string>> {
  const inNamespace = ["--namespace", NAMESPACE];
  await cluster.kubectl(["create", "namespace", NAMESPACE]);
  await cluster.kubectl(["create", "serviceaccount", "bootstrap", ...inNamespace]);
  await cluster.kubectl(["create", "role", "bootstrap", "--verb=get,create", "--resource=secrets", ...inNamespace]);
  const subject = `--serviceaccount=${NAMESPACE}:bootstrap`;
  await cluster.kubectl(["create", "rolebinding", "bootstrap", "--role=bootstrap", subject, ...inNamespace]);
  const token = await cluster.kubectl(["create", "token", "bootstrap", ...inNamespace]);
  const { clusters } = JSON.parse(await readFile(cluster.kubeconfig, "utf8")) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  };
  const { server = "", "certificate-authority-data": authority = "" } = clusters[0]?.cluster ?? {};
  const authorityFile = path.join(folder, "ca.crt");
  await writeFile(authorityFile, Buffer.from(authority, "base64"));
  return {
    KUBERNETES_API_URL: server,
    KUBERNETES_TOKEN: token.trim(),
    KUBERNETES_CA_FILE: authorityFile,
    KUBERNETES_NAMESPACE: NAMESPACE,
  };
}

/** An organization of its own for each test, so that a Langfuse elsewhere is left as it was. */
async function organization(): Promise<string> {
  const { id } = await admin.createOrganization({ name: `bootstrap ${process.pid} ${Date.now()}` });
  endings.push(() => admin.deleteOrganization(id));
  return id;
}

async function storedKey(secret: string): Promise<{ publicKey: string; secretKey: string }> {
  const answer = await cluster.kubectl(["get", "secret", secret, "--namespace", NAMESPACE, "-o", "json"]);
  const { data } = JSON.parse(answer) as { data: Record<string, string> };
  const value = (name: string) => Buffer.from(data[name] ?? "", "base64").toString();
  return { publicKey: value(PUBLIC_KEY), secretKey: value(SECRET_KEY) };
}

const publicKeys = async (id: string) => (await admin.listApiKeys(id)).map(({ publicKey }) => publicKey);

it("two runs that start together make one key, which works, and a third changes nothing", async () => {
  const id = await organization();
  const own = { ...environment, LANGFUSE_ORG_ID: id, BOOTSTRAP_SECRET: "together" };
  const runs = [startProgram(["bootstrap"], own), startProgram(["bootstrap", "--json"], own)];
  for (const { ended } of runs) expect(await ended).toMatchObject({ exitCode: 0, errors: "" });
  const key = await storedKey("together");
  expect(await publicKeys(id)).toEqual([key.publicKey]);
  expect(await createLangfuseClient({ url: langfuseUrl, ...key }).listProjects()).toEqual([]);

  const third = await startProgram(["bootstrap"], own).ended;
  expect(third).toEqual({
    exitCode: 0,
    output: `Bootstrap: organization key ${key.publicKey} is in Secret ${NAMESPACE}/together\n`,
    errors: "",
  });
  expect(await storedKey("together")).toEqual(key);
});

it("a run that is killed before it could store its key leaves nothing behind after the next", async () => {
  const id = await organization();
  const own = { ...environment, LANGFUSE_ORG_ID: id, BOOTSTRAP_SECRET: "killed" };
  await using gate = await startGate(environment.KUBERNETES_API_URL ?? "");
  const proxy = await startFaultProxy({ target: langfuseUrl });
  const held = proxy.inject({
    matches: ({ method }) => method === "POST",
    fault: { kind: "delay", milliseconds: 400 },
  });
  const { child, ended } = startProgram(["bootstrap"], {
    ...own,
    LANGFUSE_URL: proxy.url,
    KUBERNETES_API_URL: gate.url,
  });
  // The Secret has been looked for, and the key is on its way.
  while (proxy.requests.length === 0) await sleep(5);
  gate.close();
  while ((await publicKeys(id)).length === 0) await sleep(20);
  child.kill("SIGKILL");
  await ended;
  held();
  await proxy.stop();

  const next = await startProgram(["bootstrap"], own).ended;
  expect(next).toMatchObject({ exitCode: 0, errors: "" });
  expect(next.output).toContain("removed what earlier runs left: pk-lf-");
  expect(await publicKeys(id)).toEqual([(await storedKey("killed")).publicKey]);
});

it("a service account without rights on Secrets is told so, and no key is made", async () => {
  const id = await organization();
  const own = { ...environment, LANGFUSE_ORG_ID: id, KUBERNETES_NAMESPACE: "default" };
  const { exitCode, errors } = await startProgram(["bootstrap"], own).ended;
  expect(exitCode).toBe(5);
  expect(errors).toMatch(/Kubernetes: GET .* answered 403: .*; give the service account a Role with this verb/);
  expect(await publicKeys(id)).toEqual([]);
});

it("the note on the key names the Secret it is in", async () => {
  const id = await organization();
  const own = { ...environment, LANGFUSE_ORG_ID: id, BOOTSTRAP_SECRET: "noted" };
  expect(await startProgram(["bootstrap"], own).ended).toMatchObject({ exitCode: 0 });
  expect((await admin.listApiKeys(id))[0]?.note).toBe(noteOf({ title: `${NAMESPACE}/noted` }));
});
