import { mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../ports.ts";
import { type ProcessGroup, type Running, signalGroup } from "../process/group.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";
import { ApiReader } from "./api.ts";
import { createCgroup } from "./cgroup.ts";
import { type Component, Components } from "./component.ts";
import { type Endpoints, startControlPlane } from "./control-plane.ts";
import { createCredentials } from "./credentials.ts";
import { Exposures } from "./exposure.ts";
import { createInstance, type Instance, removeInstance } from "./instance.ts";
import { createNamespace, namespaceObstacle } from "./namespace.ts";
import { connectNetwork, SERVICES } from "./network.ts";
import { startContainerd, startKubelet } from "./node.ts";
import { ensureImages, NODE_IMAGE } from "./node-images.ts";
import { findNodeTools, type NodeTools } from "./node-tools.ts";

export interface ClusterOptions {
  /** Binary that holds all Kubernetes components; its first argument names one. */
  readonly kubernetes: string;
  /** Static binary that holds a pod's namespaces open. */
  readonly pause: string;
  /** Node binary for the image; the one that runs this program by default. */
  readonly node?: string;
  /** The instance's own folder, new or empty; it is removed at the end. A temporary one by default. */
  readonly folder?: string;
  readonly processes: ProcessGroup;
  readonly progress: Progress;
}

/** A Kubernetes cluster on this machine. */
export interface Cluster {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Whether pods run; without a node they stay Pending and everything else is real. */
  readonly hasNode: boolean;
  /** Why there is no node, for a person. */
  readonly reason?: string;
  /** Image with Node 24; use it with `imagePullPolicy: Never`. */
  readonly image: string;
  /** Runs kubectl as the administrator and returns its standard output. */
  kubectl(args: readonly string[]): Promise<string>;
  /** Makes a server on this machine's loopback reachable from pods; returns the URL pods use. */
  expose(url: string): Promise<string>;
  /** Ends everything and removes every trace; to be called before `processes.stop()`. Safe to call twice. */
  stop(): Promise<void>;
}

/** A kubectl command may wait for a pod, but not for ever; milliseconds. */
const KUBECTL_TIMEOUT = 900_000;

/**
 * Starts a control plane and, as root on Linux, a node that really runs pods. Both live in namespaces of their own, so
 * that several clusters run side by side and nothing is left when they end, however they end. Where namespaces are not
 * to be had, or with `LOCAL_KUBERNETES_NODE=off`, the control plane runs alone.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { processes, progress } = options;
  const instance = await createInstance(options.folder);
  processes.onAbandoned(process.execPath, [fileURLToPath(new URL("./removal.ts", import.meta.url)), instance.folder]);
  const components = new Components(processes, progress, path.join(instance.folder, "logs"));
  const running: Running[] = [];
  let stopped = false;
  const start = async (component: Component) => {
    if (stopped) throw new Error(`${component.name} is not started: the cluster is stopping`);
    const started = await components.start(component);
    running.push(started);
    return started;
  };
  const endings: (() => Promise<void>)[] = [];
  const stop = async () => {
    stopped = true;
    components.expectEnd();
    for (const end of endings) await end();
    // Nothing here is worth a graceful end: the data goes with the processes.
    for (const { pid, hasEnded } of running) if (!hasEnded()) signalGroup(pid, "SIGKILL");
    await Promise.all(running.map((each) => each.stop()));
    await removeInstance(instance.folder);
  };
  try {
    const kubernetes = await realpath(options.kubernetes);
    const prepared = await prepareNode(options, instance.cgroup);
    if (typeof prepared === "string") progress.say(`Kubernetes runs without a node, pods stay Pending: ${prepared}`);
    const access =
      typeof prepared === "string"
        ? await startAlone(kubernetes, instance, start)
        : await startWithNode(kubernetes, prepared, instance, start, (end) => endings.push(end));
    const exposures = access.host ? new Exposures(access.host) : undefined;
    if (exposures) endings.push(() => exposures.stop());
    return {
      kubeconfig: access.kubeconfig,
      hasNode: typeof prepared !== "string",
      ...(typeof prepared === "string" ? { reason: prepared } : {}),
      image: NODE_IMAGE,
      kubectl: (args) => kubectl(kubernetes, access.kubeconfig, instance.folder, args),
      expose: async (url) => (await exposures?.expose(url)) ?? url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Preparation {
  readonly tools: NodeTools;
  readonly archives: readonly string[];
  readonly pause: string;
}

/** What a node takes, or why there cannot be one. */
async function prepareNode(options: ClusterOptions, cgroup: string): Promise<Preparation | string> {
  const { pause, node = process.execPath, progress } = options;
  if (process.env.LOCAL_KUBERNETES_NODE === "off") return "LOCAL_KUBERNETES_NODE is off";
  const obstacle = await namespaceObstacle();
  if (obstacle) return obstacle;
  try {
    await createCgroup(cgroup);
    const tools = await findNodeTools(progress);
    const archives = await ensureImages({ pause, node, busybox: tools.busybox }, progress);
    return { tools, archives, pause: await realpath(pause) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Start = (component: Component) => Promise<Running>;

/** How the cluster is reached; `host` is this machine's address for pods, when there are any. */
interface Access {
  readonly kubeconfig: string;
  readonly host?: string;
}

async function startAlone(kubernetes: string, instance: Instance, start: Start): Promise<Access> {
  const endpoints: Endpoints = {
    address: "127.0.0.1",
    listen: "127.0.0.1",
    apiserver: await freePort(),
    etcd: await freePort(),
    etcdPeers: await freePort(),
  };
  const { credentials, api } = await createAccess(instance.folder, endpoints);
  await startControlPlane({ kubernetes, folder: instance.folder, endpoints, credentials, api, start });
  return { kubeconfig: credentials.kubeconfig("admin") };
}

async function startWithNode(
  kubernetes: string,
  { tools, archives, pause }: Preparation,
  instance: Instance,
  start: Start,
  atEnd: (end: () => Promise<void>) => void,
): Promise<Access> {
  const { folder, link, cgroup } = instance;
  const folders = [tools.root, ...[kubernetes, ...archives].map((file) => path.dirname(file))];
  const needed = await Promise.all(folders.map((each) => realpath(each)));
  const namespace = await createNamespace(folder, pause, needed, start);
  atEnd(namespace.end);
  const network = await connectNetwork(link, namespace.pid);
  const endpoints: Endpoints = {
    address: network.node,
    // Its Service has an address of its own, with the port of a Service.
    listen: "0.0.0.0",
    apiserver: 443,
    etcd: 2379,
    etcdPeers: 2380,
  };
  const { credentials, api } = await createAccess(folder, endpoints);
  const enter = namespace.enter;
  const node = { folder, tools, network, enter, start };
  await Promise.all([
    startControlPlane({ kubernetes, folder, endpoints, credentials, api, start: (each) => start(enter(each)) }),
    startContainerd(node, archives),
  ]);
  await startKubelet({ ...node, kubernetes, cgroup, credentials, api });
  return { kubeconfig: credentials.kubeconfig("admin"), host: network.host };
}

async function createAccess(folder: string, { address, apiserver }: Endpoints) {
  const url = `https://${address}:${apiserver}`;
  const credentials = await createCredentials(path.join(folder, "credentials"), url, [address, SERVICES.apiserver]);
  return { credentials, api: new ApiReader(url, credentials.authority, credentials.adminToken) };
}

async function kubectl(
  kubernetes: string,
  kubeconfig: string,
  folder: string,
  args: readonly string[],
): Promise<string> {
  const cache = path.join(folder, "kubectl");
  await mkdir(cache, { recursive: true });
  return await run(kubernetes, ["kubectl", `--kubeconfig=${kubeconfig}`, `--cache-dir=${cache}`, ...args], {
    // A proxy for the internet cannot reach an address that exists on this machine only.
    environment: { PATH: process.env.PATH, HOME: cache },
    timeout: KUBECTL_TIMEOUT,
  });
}
