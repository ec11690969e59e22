import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Running, untilReady } from "../process/group.ts";
import { run } from "../process/run.ts";
import type { ApiReader } from "./api.ts";
import type { Component } from "./component.ts";
import { type Credentials, NODE_NAME } from "./credentials.ts";
import { type Network, SERVICES } from "./network.ts";
import { PAUSE_IMAGE } from "./node-images.ts";
import type { NodeTools } from "./node-tools.ts";

export interface NodeOptions {
  readonly folder: string;
  readonly tools: NodeTools;
  readonly network: Network;
  /** Runs a component, or one command, inside the cluster's namespaces. */
  readonly enter: (component: Component) => Component;
  readonly start: (component: Component) => Promise<Running>;
}

/** containerd's socket; the folder is the cluster's own. */
const SOCKET = "/run/containerd/containerd.sock";
/** Unpacking the Node image takes a second; a slow machine may take its time. Milliseconds. */
const IMPORT_TIMEOUT = 300_000;

/** Starts containerd and gives it the images of these archives. */
export async function startContainerd(options: NodeOptions, archives: readonly string[]): Promise<void> {
  const { folder, tools, enter, start } = options;
  const file = path.join(folder, "containerd.toml");
  const networks = path.join(folder, "cni");
  await mkdir(networks);
  await writeFile(path.join(networks, "10-pods.conflist"), JSON.stringify(networkConfiguration(options.network)));
  await writeFile(file, containerdConfiguration(tools, networks));
  const environment = { PATH: `${tools.searchPath}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const running = await start(
    enter({ name: "containerd", command: tools.containerd, args: ["--config", file], environment }),
  );
  const ctr = async (...args: readonly string[]) => {
    const command = ["--address", SOCKET, "--namespace", "k8s.io", ...args];
    const inside = enter({ name: "ctr", command: tools.ctr, args: command });
    return await run(inside.command, inside.args, { timeout: IMPORT_TIMEOUT });
  };
  await untilReady(running, "containerd", async () => (await ctr("version")).length > 0);
  for (const archive of archives) await ctr("images", "import", "--snapshotter", "overlayfs", archive);
}

/** Starts the kubelet; resolves when the node takes pods. `cgroup` is where theirs go. */
export async function startKubelet(
  options: NodeOptions & { kubernetes: string; cgroup: string; credentials: Credentials; api: ApiReader },
): Promise<void> {
  const { folder, tools, network, enter, start, kubernetes, cgroup, credentials, api } = options;
  const file = path.join(folder, "kubelet.yaml");
  await writeFile(file, JSON.stringify(kubeletConfiguration(network, cgroup, credentials)));
  const running = await start(
    enter({
      name: "kubelet",
      command: kubernetes,
      args: [
        "kubelet",
        `--config=${file}`,
        `--kubeconfig=${credentials.kubeconfig("kubelet")}`,
        `--hostname-override=${NODE_NAME}`,
        `--node-ip=${network.node}`,
      ],
      environment: { PATH: `${tools.searchPath}:/usr/sbin:/usr/bin:/sbin:/bin` },
    }),
  );
  await untilReady(running, "kubelet", async () => takesPods(await api.read(`/api/v1/nodes/${NODE_NAME}`)));
}

function takesPods(text: string | undefined): boolean {
  if (text === undefined) return false;
  const node = JSON.parse(text) as {
    spec: { taints?: unknown[] };
    status: { conditions?: { type: string; status: string }[] };
  };
  const ready = node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return ready && (node.spec.taints ?? []).length === 0;
}

function containerdConfiguration(tools: NodeTools, networks: string): string {
  const text = JSON.stringify;
  return `version = 2
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  max_container_log_line_size = -1
  disable_apparmor = true
  # Lowering a score takes CAP_SYS_RESOURCE, which a virtual machine or container may lack.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = ${text(tools.runc)}
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(tools.plugins)}
    conf_dir = ${text(networks)}
`;
}

/** No default route: what is neither in the subnet nor a Service cannot be reached. */
function networkConfiguration({ subnet, node, pods: [rangeStart, rangeEnd] }: Network) {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet, rangeStart, rangeEnd, gateway: node }]],
    routes: [{ dst: SERVICES.subnet }],
  };
  return { cniVersion: "0.4.0", name: "pods", plugins: [{ type: "bridge", bridge: "pods", ipMasq: false, ipam }] };
}

function kubeletConfiguration(network: Network, cgroup: string, { file }: Credentials) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.node,
    healthzPort: 0,
    tlsCertFile: file("kubelet.crt"),
    tlsPrivateKeyFile: file("kubelet.key"),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: file("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${SOCKET}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    // Off by default since 1.35, but many virtual machines still have version 1.
    failCgroupV1: false,
    failSwapOn: false,
    // The node's disk is memory, which the kubelet cannot measure as one.
    localStorageCapacityIsolation: false,
    // Lowering its own score takes CAP_SYS_RESOURCE, like that of containers.
    oomScoreAdj: 0,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    // The default lies below /usr.
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    // Nobody answers there, so that a name fails at once instead of after a timeout.
    clusterDNS: ["127.0.0.1"],
    clusterDomain: "cluster.local",
    resolvConf: "",
    nodeStatusUpdateFrequency: "5s",
    syncFrequency: "10s",
    serializeImagePulls: false,
    maxPods: 50,
  };
}
