import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import path from "node:path";

/** What to look for when a cluster is gone; taken while it runs. */
export interface Marks {
  readonly folder: string;
  readonly link: string;
  readonly cgroup: string;
  /** Identity of the node's PID namespace, when it has one; pods have further ones. */
  readonly namespace: string | undefined;
}

export function marksOf(folder: string): Marks {
  const { link, cgroup } = JSON.parse(readFileSync(path.join(folder, "instance.json"), "utf8")) as Marks;
  const own = readlinkSync("/proc/self/ns/pid");
  const namespaces = processes()
    .filter(({ command }) => command.includes(folder))
    .map(({ namespace }) => namespace);
  return { folder, link, cgroup, namespace: namespaces.find((each) => each !== own) };
}

/** Everything that is still there, in words; empty when the cluster left nothing. */
export function remains({ folder, link, cgroup, namespace }: Marks): string[] {
  const groups = readdirSync("/sys/fs/cgroup").map((name) => path.join("/sys/fs/cgroup", name, cgroup));
  return [
    ...processes()
      .filter(
        (each) =>
          each.command.includes(folder) ||
          each.groups.includes(cgroup) ||
          (namespace !== undefined && each.namespace === namespace),
      )
      .map(({ pid, command }) => `process ${pid} ${command.slice(0, 80)}`),
    ...[folder, `/sys/fs/cgroup/${cgroup}`, ...groups, `/sys/class/net/${link}`].filter((file) => existsSync(file)),
    ...Object.keys(networkInterfaces()).filter((name) => name === link),
    ...readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(folder)),
  ];
}

interface ProcessFacts {
  readonly pid: string;
  readonly command: string;
  readonly namespace: string;
  /** All control groups it is in, as text. */
  readonly groups: string;
}

function processes(): ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
        return [{ pid, command, groups, namespace: readlinkSync(`/proc/${pid}/ns/pid`) }];
      } catch {
        return [];
      }
    });
}
