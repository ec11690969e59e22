import path from "node:path";

/** One entry of this machine's root folder. */
export interface RootEntry {
  readonly name: string;
  readonly kind: "folder" | "link";
  /** Where a link points. */
  readonly target?: string;
}

export interface PrivateRoot {
  /** Empty folder the new root is built in. */
  readonly mountPoint: string;
  readonly entries: readonly RootEntry[];
  /** Absolute paths of folders that must be seen inside even when they lie below a private folder. */
  readonly needed: readonly string[];
  /** Program that becomes the first process; it has to reap orphans. */
  readonly init: string;
}

/**
 * Folders the cluster has for itself, in memory: containerd, the kubelet and CNI plugins write to fixed places there,
 * which would meet those of another cluster or of the machine's own containers.
 */
const PRIVATE = ["run", "tmp", "var"];
/** Mounted anew, so that it shows the namespace's processes. */
const REMADE = ["proc"];

/**
 * Kernel settings the kubelet demands and would otherwise change for the whole machine
 * (`k8s.io/kubernetes/pkg/kubelet/cm/container_manager_linux.go`, setupKernelTunables).
 */
const SETTINGS = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
};

/**
 * Shell script that, run first in fresh mount and PID namespaces, gives them a root of their own and becomes `init`. All
 * it mounts goes with the namespace.
 */
export function privateRootScript({ mountPoint, entries, needed, init }: PrivateRoot): string {
  const inside = (file: string) => quote(path.join(mountPoint, file));
  const lines = ["set -e", `mount -t tmpfs -o mode=755 cluster ${quote(mountPoint)}`];
  for (const { name, kind, target } of entries) {
    if (PRIVATE.includes(name) || REMADE.includes(name)) continue;
    if (kind === "link") lines.push(`ln -s ${quote(target ?? "")} ${inside(name)}`);
    else lines.push(`mkdir ${inside(name)}`, `mount --rbind ${quote(`/${name}`)} ${inside(name)}`);
  }
  for (const name of [...PRIVATE, ...REMADE]) lines.push(`mkdir ${inside(name)}`);
  lines.push(`chmod 1777 ${inside("tmp")}`, `ln -s ../run ${inside("var/run")}`);
  for (const folder of outermost(needed)) {
    if (!PRIVATE.includes(folder.split("/")[1] ?? "")) continue;
    lines.push(`mkdir -p ${inside(folder)}`, `mount --rbind ${quote(folder)} ${inside(folder)}`);
  }
  lines.push(
    `cd ${quote(mountPoint)}`,
    "mkdir .outside",
    "pivot_root . .outside",
    "cd /",
    "mount -t proc proc /proc",
    "umount -l /.outside",
    "rmdir /.outside",
    "mkdir /run/settings",
  );
  for (const [setting, value] of Object.entries(SETTINGS)) {
    const file = `/run/settings/${path.basename(setting)}`;
    lines.push(
      `echo ${value} > ${file}`,
      `test ! -e /proc/sys/${setting} || mount --bind ${file} /proc/sys/${setting}`,
    );
  }
  // Volumes the kubelet mounts later have to appear in containers that run already.
  lines.push("mount --make-rshared /", `exec ${quote(init)}`);
  return lines.join("\n");
}

/** Without the folders that lie in another one of them. */
function outermost(folders: readonly string[]): string[] {
  const kept: string[] = [];
  for (const folder of [...new Set(folders)].sort((a, b) => a.length - b.length)) {
    if (!kept.some((parent) => folder.startsWith(`${parent}/`))) kept.push(folder);
  }
  return kept;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
