import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Running, untilReady } from "../process/group.ts";
import type { ApiReader } from "./api.ts";
import type { Component } from "./component.ts";
import type { Credentials } from "./credentials.ts";
import { SERVICES } from "./network.ts";

/** Where the parts of a control plane listen. */
export interface Endpoints {
  /** Address of the API server, as clients reach it. */
  readonly address: string;
  /** Address it listens on. */
  readonly listen: string;
  readonly apiserver: number;
  readonly etcd: number;
  readonly etcdPeers: number;
}

export interface ControlPlaneOptions {
  /** Binary that holds all components. */
  readonly kubernetes: string;
  readonly folder: string;
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly api: ApiReader;
  readonly start: (component: Component) => Promise<Running>;
}

/** Starts etcd, the API server, the controller manager and the scheduler; resolves when namespaces can be used. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<void> {
  const { kubernetes, folder, endpoints, credentials, api, start } = options;
  const component = (name: string, ...args: readonly string[]) =>
    start({ name, command: kubernetes, args: [name, ...args] });
  const store = path.join(folder, "etcd.yaml");
  await writeFile(store, JSON.stringify(etcdConfiguration(folder, endpoints)));
  const database = await component("etcd", store);
  // An API server that comes too early waits a second before it tries again.
  await untilReady(database, "etcd", () => listens(database.pid, endpoints.etcd));
  const server = await component("kube-apiserver", ...apiserverFlags(endpoints, credentials));
  await untilReady(server, "kube-apiserver", async () => (await api.read("/readyz")) !== undefined);
  const controllers = credentials.kubeconfig("controller-manager");
  const manager = await component(
    "kube-controller-manager",
    `--kubeconfig=${controllers}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${credentials.file("service-accounts.key")}`,
    `--root-ca-file=${credentials.file("ca.crt")}`,
    // The defaults of 20 and 30 make the start of three dozen controllers wait for each other.
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--profiling=false",
  );
  const scheduler = await component(
    "kube-scheduler",
    `--kubeconfig=${credentials.kubeconfig("scheduler")}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--profiling=false",
  );
  // Pods are refused in a namespace until its default service account exists.
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  await untilReady(manager, "kube-controller-manager", async () => (await api.read(account)) !== undefined);
  await untilReady(scheduler, "kube-scheduler", async () => true);
}

/** Whether a TCP port listens in the network namespace of a process, which need not be ours (proc_pid_net(5)). */
async function listens(pid: number, port: number): Promise<boolean> {
  const table = await readFile(`/proc/${pid}/net/tcp`, "utf8");
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").some((line) => new RegExp(`^\\s*\\d+: [0-9A-F]+:${hexadecimal} 0+:0+ 0A `).test(line));
}

function etcdConfiguration(folder: string, { etcd, etcdPeers }: Endpoints) {
  const client = `http://127.0.0.1:${etcd}`;
  const peer = `http://127.0.0.1:${etcdPeers}`;
  return {
    name: "local",
    "data-dir": path.join(folder, "etcd"),
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `local=${peer}`,
    // The data is thrown away with the cluster; waiting for the disk would only slow it down.
    "unsafe-no-fsync": true,
    "log-level": "error",
  };
}

function apiserverFlags({ address, listen, apiserver, etcd }: Endpoints, credentials: Credentials): string[] {
  const { file } = credentials;
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    `--bind-address=${listen}`,
    `--secure-port=${apiserver}`,
    `--advertise-address=${address}`,
    "--endpoint-reconciler-type=none",
    `--service-cluster-ip-range=${SERVICES.subnet}`,
    `--tls-cert-file=${file("apiserver.crt")}`,
    `--tls-private-key-file=${file("apiserver.key")}`,
    `--client-ca-file=${file("ca.crt")}`,
    `--token-auth-file=${file("tokens.csv")}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--kubelet-certificate-authority=${file("ca.crt")}`,
    `--kubelet-client-certificate=${file("apiserver-kubelet.crt")}`,
    `--kubelet-client-key=${file("apiserver-kubelet.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    `--service-account-key-file=${file("service-accounts.key")}`,
    `--service-account-signing-key-file=${file("service-accounts.key")}`,
    `--service-account-issuer=https://${address}:${apiserver}`,
    `--requestheader-client-ca-file=${file("ca.crt")}`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${file("front-proxy.crt")}`,
    `--proxy-client-key-file=${file("front-proxy.key")}`,
    "--profiling=false",
  ];
}
