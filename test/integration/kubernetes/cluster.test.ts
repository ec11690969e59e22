import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Cluster, startCluster } from "#local/kubernetes/cluster.ts";
import { namespaceObstacle } from "#local/kubernetes/namespace.ts";
import { freePort } from "#local/ports.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress, silent } from "#local/progress.ts";
import { kubernetesSource } from "#local/toolchain/kubernetes.ts";
import { ensurePart } from "#local/toolchain/toolchain.ts";
import { type Marks, marksOf, remains } from "./traces.ts";
import { apply, NAMESPACE, pod, podSpec, runJob, SECRET, workload } from "./workload.ts";

const { folder } = await ensurePart(kubernetesSource, createProgress());
const kubernetes = path.join(folder, "kubernetes");
const pause = path.join(folder, "pause");
// With CI=true nothing is skipped: a machine without namespaces fails there.
const obstacle = process.env.CI === "true" ? undefined : await namespaceObstacle();
if (obstacle) console.warn(`SKIPPED, pods cannot run here: ${obstacle}`);

let processes: ProcessGroup;
let folders: string;
beforeAll(async () => {
  processes = new ProcessGroup();
  folders = await realpath(await mkdtemp(path.join(tmpdir(), "cluster-test-")));
});
const startNamed = (name: string) =>
  startCluster({ kubernetes, pause, folder: path.join(folders, name), processes, progress: silent });

/** The binary, except that one component ends at once. */
async function brokenAt(component: string): Promise<string> {
  const file = path.join(folders, `without-${component}`, "kubernetes");
  await mkdir(path.dirname(file));
  const failure = `echo "$1 cannot start: no luck today"; sleep 0.2; exit 7`;
  await writeFile(file, `#!/bin/sh\nif [ "$1" = ${component} ]; then ${failure}; fi\nexec '${kubernetes}' "$@"\n`);
  await chmod(file, 0o755);
  return file;
}

afterAll(async () => {
  await processes.stop();
  await rm(folders, { recursive: true });
});

describe.skipIf(obstacle !== undefined)("a cluster with a node", { timeout: 300_000 }, () => {
  let cluster: Cluster;
  let server: Server;
  let url: string;
  const received: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = createServer(async (request, response) => {
      received.push(`${request.url} ${await text(request)}`);
      response.end("welcome");
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    cluster = await startNamed("first");
    await apply(cluster, ...workload(cluster.image, await cluster.expose(`${url}/report`)));
  }, 600_000);

  afterAll(async () => {
    server.close();
    const marks = marksOf(path.join(folders, "first"));
    await cluster.stop();
    expect(remains(marks)).toEqual([]);
  });

  test("runs a Job made from a CronJob under hardened settings, which reaches a server of this machine", async () => {
    const facts = JSON.parse(await runJob(cluster, "manual")) as object;
    expect(facts).toMatchObject({
      uid: 1000,
      gid: 1000,
      groups: [1000],
      capabilities: "0000000000000000",
      noNewPrivileges: "1",
      seccomp: "2",
      rootfs: "EROFS",
      temporary: "written",
      secret: SECRET,
      secretFile: SECRET,
      memory: 128 * 1024 * 1024,
      token: false,
      apiServer: "reached",
      answer: "welcome",
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatch(/^\/report \{"uid":1000,/);
  });

  test("gives a pod no route beyond its own network and that of the Services", async () => {
    const { routes } = JSON.parse(await runJob(cluster, "routes")) as { routes: string[] };
    expect(routes).toHaveLength(2);
    expect(routes).toContain("0000600A");
    expect(routes).not.toContain("00000000");
  });

  test("refuses a pod that the restricted namespace does not allow", async () => {
    const spec = { ...podSpec(cluster.image, ["node", "--version"]), securityContext: {} };
    await expect(apply(cluster, pod("root", spec))).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  test("kills a container that takes more than its 128 MiB", async () => {
    const hog = "const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1));";
    await apply(cluster, pod("hog", podSpec(cluster.image, ["node", "-e", hog])));
    const state = "jsonpath={.status.containerStatuses[0].state.terminated";
    const scoped = (...args: readonly string[]) => cluster.kubectl(["--namespace", NAMESPACE, ...args]);
    await scoped("wait", "pod/hog", `--for=${state}.reason}=OOMKilled`, "--timeout=280s");
    expect(await scoped("get", "pod/hog", "-o", `${state}.exitCode}`)).toBe("137");
  });

  test("answers the same URL for a server that was made reachable before, and keeps the path", async () => {
    const first = await cluster.expose(url);
    expect(await cluster.expose(url)).toBe(first);
    expect(await cluster.expose(`${url}/auth/`)).toBe(`${first}/auth/`);
  });

  test("runs beside another cluster, and goes without a trace", async () => {
    const second = await startNamed("second");
    const marks = marksOf(path.join(folders, "second"));
    expect(marks.namespace).toBeDefined();
    try {
      const target = await second.expose(`${url}/second`);
      await apply(second, ...workload(second.image, target));
      expect(JSON.parse(await runJob(second, "manual"))).toMatchObject({ answer: "welcome" });
      expect(new URL(target).hostname).not.toBe(new URL(await cluster.expose(url)).hostname);
      expect(remains(marks)).not.toEqual([]);
    } finally {
      await second.stop();
    }
    expect(remains(marks)).toEqual([]);
    expect(await cluster.kubectl(["get", "nodes", "--no-headers"])).toMatch(/ Ready /);
    await second.stop();
  });

  test("goes without a trace when its owner is killed", async () => {
    const folder = path.join(folders, "killed");
    const script = fileURLToPath(new URL("./owner.ts", import.meta.url));
    const owner = spawn(process.execPath, [script, kubernetes, pause, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await new Promise((resolve, reject) => {
        owner.stdout.once("data", resolve);
        owner.once("exit", (code) => reject(new Error(`the owner ended with ${code}`)));
      });
      const marks = marksOf(folder);
      expect(remains(marks).filter((each) => each.includes("setInterval"))).toHaveLength(1);
      owner.kill("SIGKILL");
      await expect.poll(() => remains(marks), { interval: 100, timeout: 100_000 }).toEqual([]);
    } finally {
      owner.kill("SIGKILL");
    }
  });
});

describe.skipIf(obstacle !== undefined)("a node that cannot start", { timeout: 300_000 }, () => {
  test("shows the end of the kubelet's log, and everything that ran already is removed", async () => {
    const broken = await brokenAt("kubelet");
    const folder = path.join(folders, "half");
    let marks: Marks | undefined;
    const watch = setInterval(() => {
      if (existsSync(path.join(folder, "logs", "kubelet.log"))) marks ??= marksOf(folder);
    }, 10);
    const starting = startCluster({ kubernetes: broken, pause, folder, processes, progress: silent });
    await expect(starting).rejects.toThrow(/kubelet ended \(7\).*kubelet cannot start: no luck today/s);
    clearInterval(watch);
    expect(marks?.namespace).toBeDefined();
    expect(marks && remains(marks)).toEqual([]);
  });
});

describe("a control plane alone", { timeout: 300_000 }, () => {
  test("says why it has no node, keeps pods Pending, enforces admission, and goes without a trace", async () => {
    vi.stubEnv("LOCAL_KUBERNETES_NODE", "off");
    const say = vi.fn();
    const folder = path.join(folders, "alone");
    const cluster = await startCluster({ kubernetes, pause, folder, processes, progress: { ...silent, say } });
    const marks = marksOf(folder);
    try {
      expect(cluster.hasNode).toBe(false);
      expect(cluster.reason).toBe("LOCAL_KUBERNETES_NODE is off");
      expect(say).toHaveBeenCalledWith(expect.stringContaining("pods stay Pending: LOCAL_KUBERNETES_NODE is off"));
      expect(await cluster.expose("http://127.0.0.1:8080/x")).toBe("http://127.0.0.1:8080/x");
      await apply(cluster, ...workload(cluster.image, "http://127.0.0.1:1"));
      const scoped = (...args: readonly string[]) => cluster.kubectl(["--namespace", NAMESPACE, ...args]);
      await scoped("create", "job", "--from=cronjob/sync", "manual");
      const phase = async () => await scoped("get", "pods", "-o", "jsonpath={.items[*].status.phase}");
      await expect.poll(phase, { interval: 200 }).toBe("Pending");
      const open = { containers: [{ name: "open", image: cluster.image }] };
      await expect(apply(cluster, pod("open", open))).rejects.toThrow(/violates PodSecurity/);
    } finally {
      vi.unstubAllEnvs();
      await cluster.stop();
    }
    expect(remains(marks)).toEqual([]);
    expect(say).toHaveBeenCalledTimes(1);
  });

  test("shows the end of the log of a component that dies, and removes what it began", async () => {
    vi.stubEnv("LOCAL_KUBERNETES_NODE", "off");
    const broken = await brokenAt("kube-apiserver");
    const folder = path.join(folders, "dying");
    const starting = startCluster({ kubernetes: broken, pause, folder, processes, progress: silent });
    await expect(starting).rejects.toThrow(/kube-apiserver ended \(7\).*kube-apiserver cannot start: no luck today/s);
    vi.unstubAllEnvs();
    await expect(stat(folder)).rejects.toThrow(/ENOENT/);
  });

  test("refuses a folder that holds something", async () => {
    vi.stubEnv("LOCAL_KUBERNETES_NODE", "off");
    const starting = startCluster({ kubernetes, pause, folder: folders, processes, progress: silent });
    await expect(starting).rejects.toThrow(`the cluster's folder ${folders} is not empty`);
    vi.unstubAllEnvs();
  });
});
