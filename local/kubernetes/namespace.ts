import { mkdir, readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";
import { type Running, untilReady } from "../process/group.ts";
import { run } from "../process/run.ts";
import type { Component } from "./component.ts";
import { findExecutable } from "./executable.ts";
import { privateRootScript, type RootEntry } from "./private-root.ts";

/** Programs of the operating system that setting up a node takes, and the Debian package of each. */
const PROGRAMS = { unshare: "util-linux", nsenter: "util-linux", mount: "mount", ip: "iproute2" };
const UNSHARE = ["--mount", "--pid", "--net", "--fork", "--kill-child"];
/** Everything a node needs of the kernel, tried where it cannot be seen from outside. */
const PROBE = [
  "mount -t tmpfs probe /tmp",
  "mkdir /tmp/lower /tmp/upper /tmp/work /tmp/merged",
  "mount -t overlay overlay -o lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work /tmp/merged",
  "ip link add probe0 type veth peer name probe1",
  "ip link add probe2 type bridge",
].join(" && ");

/** A machine that is busy takes its time, and must not be taken for one that cannot; milliseconds. */
const PROBING = 60_000;

/** Why this machine does not let us make namespaces; undefined when it does. */
export async function namespaceObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return `pods need Linux, this is ${process.platform}`;
  if (process.geteuid?.() !== 0) return "pods need root, and this process runs as another user";
  for (const [program, source] of Object.entries(PROGRAMS)) {
    if (!(await findExecutable(program))) return `the command ${program} is missing (Debian package ${source})`;
  }
  const probe = await run("unshare", [...UNSHARE, "sh", "-c", PROBE], { timeout: PROBING }).catch(
    (error: Error) => error,
  );
  return typeof probe === "string" ? undefined : `this machine does not allow what a node needs: ${probe.message}`;
}

/**
 * Mount, PID and network namespaces of one cluster. They end with their first process, and everything in them ends too:
 * processes, mounts, network devices.
 */
export interface Namespace {
  /** First process, as this machine sees it. */
  readonly pid: number;
  /** The component, changed so that it runs inside. */
  enter(component: Component): Component;
  /** Ends the first process; resolves when nothing of the namespaces is left. */
  end(): Promise<void>;
}

/** `needed` are folders that must be seen inside; `folder` is the instance's, seen in any case. */
export async function createNamespace(
  folder: string,
  pause: string,
  needed: readonly string[],
  start: (component: Component) => Promise<Running>,
): Promise<Namespace> {
  const mountPoint = path.join(folder, "root");
  await mkdir(mountPoint);
  const script = privateRootScript({
    mountPoint,
    entries: await rootEntries(),
    needed: [folder, path.dirname(pause), ...needed],
    init: pause,
  });
  const running = await start({ name: "namespace", command: "unshare", args: [...UNSHARE, "sh", "-c", script] });
  let pid = 0;
  await untilReady(running, "the cluster's namespace", async () => {
    pid = Number((await readFile(`/proc/${running.pid}/task/${running.pid}/children`, "utf8")).trim());
    return (await readFile(`/proc/${pid}/comm`, "utf8")).trim() === path.basename(pause).slice(0, 15);
  });
  return {
    pid,
    end: async () => {
      // Not unshare itself: it ends only after the kernel has ended every process inside.
      if (!running.hasEnded()) process.kill(pid, "SIGKILL");
      await running.ended;
    },
    enter: (component) => ({
      ...component,
      command: "nsenter",
      args: ["--target", String(pid), "--mount", "--pid", "--net", "--", component.command, ...component.args],
    }),
  };
}

async function rootEntries(): Promise<RootEntry[]> {
  const entries: RootEntry[] = [];
  for (const entry of await readdir("/", { withFileTypes: true })) {
    if (entry.isDirectory()) entries.push({ name: entry.name, kind: "folder" });
    else if (entry.isSymbolicLink())
      entries.push({ name: entry.name, kind: "link", target: await readlink(`/${entry.name}`) });
  }
  return entries;
}
