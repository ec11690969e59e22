import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Cluster } from "#local/kubernetes/cluster.ts";

export const NAMESPACE = "sync";
export const SECRET = "a-value-only-the-pod-knows";

/** Tells what the pod may do, posts it to TARGET, and fails when the answer is not 200. */
const PROGRAM = `
const fs = require("node:fs");
const status = fs.readFileSync("/proc/self/status", "utf8");
const field = (name) => status.match(new RegExp("^" + name + ":\\\\s*(.*)$", "m"))?.[1];
const write = (file) => { try { fs.writeFileSync(file, "x"); return "written"; } catch (error) { return error.code; } };
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const reach = () => new Promise((resolve) => {
  const socket = require("node:net").connect({ host, port, timeout: 60000 }, () => { socket.destroy(); resolve("reached"); });
  socket.once("error", (error) => resolve(error.code)).once("timeout", () => { socket.destroy(); resolve("silent"); });
});
const facts = {
  uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(),
  capabilities: field("CapEff"), noNewPrivileges: field("NoNewPrivs"), seccomp: field("Seccomp"),
  rootfs: write("/written"), temporary: write("/tmp/written"),
  secret: process.env.SECRET, secretFile: fs.readFileSync("/etc/credentials/key", "utf8"),
  memory: process.constrainedMemory(),
  routes: fs.readFileSync("/proc/net/route", "utf8").trim().split("\\n").slice(1).map((line) => line.split("\\t")[1]),
  token: fs.existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token"),
  apiServer: await reach(),
};
const answer = await fetch(process.env.TARGET, { method: "POST", body: JSON.stringify(facts) });
console.log(JSON.stringify({ ...facts, answer: await answer.text() }));
process.exit(answer.status === 200 ? 0 : 3);
`;

const HARDENED = {
  pod: {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: "RuntimeDefault" },
  },
  container: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
};

/** A pod under the rules of PodSecurity `restricted`, with 128 MiB of memory. */
export function podSpec(image: string, command: readonly string[], target = "") {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: HARDENED.pod,
    containers: [
      {
        name: "sync",
        image,
        imagePullPolicy: "Never",
        command,
        env: [
          { name: "TARGET", value: target },
          { name: "SECRET", valueFrom: { secretKeyRef: { name: "credentials", key: "key" } } },
        ],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        securityContext: HARDENED.container,
        volumeMounts: [
          { name: "program", mountPath: "/app", readOnly: true },
          { name: "credentials", mountPath: "/etc/credentials", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "program", configMap: { name: "program" } },
      { name: "credentials", secret: { secretName: "credentials", defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    ],
  };
}

/** A restricted namespace with a secret, the program and a CronJob `sync` that never comes due by itself. */
export function workload(image: string, target: string): object[] {
  const metadata = (name: string) => ({ name, namespace: NAMESPACE });
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const command = ["node", "/app/main.mjs"];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } },
    { apiVersion: "v1", kind: "Secret", metadata: metadata("credentials"), stringData: { key: SECRET } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("program"), data: { "main.mjs": esm(PROGRAM) } },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: metadata("sync"),
      spec: {
        schedule: "0 0 29 2 *",
        concurrencyPolicy: "Forbid",
        jobTemplate: { spec: { backoffLimit: 0, template: { spec: podSpec(image, command, target) } } },
      },
    },
  ];
}

export function pod(name: string, spec: object): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: NAMESPACE }, spec };
}

export async function apply(cluster: Cluster, ...objects: readonly object[]): Promise<void> {
  const file = path.join(path.dirname(cluster.kubeconfig), `${performance.now()}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  await cluster.kubectl(["apply", "-f", file]);
}

/** Runs a Job made from the CronJob to its end and returns what its pod printed. */
export async function runJob(cluster: Cluster, name: string): Promise<string> {
  const scoped = (...args: readonly string[]) => cluster.kubectl(["--namespace", NAMESPACE, ...args]);
  await scoped("create", "job", `--from=cronjob/sync`, name);
  await scoped("wait", "--for=condition=complete", `job/${name}`, "--timeout=280s");
  return await scoped("logs", `job/${name}`);
}

function esm(program: string): string {
  return `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n${program}`;
}
