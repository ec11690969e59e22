import { expect, test } from "vitest";
import { type PrivateRoot, privateRootScript } from "#local/kubernetes/private-root.ts";

const root: PrivateRoot = {
  mountPoint: "/tmp/instance/root",
  entries: [
    { name: "usr", kind: "folder" },
    { name: "bin", kind: "link", target: "usr/bin" },
    { name: "var", kind: "folder" },
    { name: "run", kind: "folder" },
    { name: "tmp", kind: "folder" },
    { name: "proc", kind: "folder" },
  ],
  needed: [],
  init: "/opt/pause",
};
const lines = (change: Partial<PrivateRoot>) => privateRootScript({ ...root, ...change }).split("\n");

test("the machine's folders are seen inside, except those every cluster has for itself", () => {
  const mounts = lines({}).filter((line) => line.startsWith("mount --rbind"));
  expect(mounts).toEqual(["mount --rbind '/usr' '/tmp/instance/root/usr'"]);
  expect(lines({})).toContain("ln -s 'usr/bin' '/tmp/instance/root/bin'");
  expect(lines({})).toContain("mkdir '/tmp/instance/root/var'");
});

test("what lies below a private folder is brought back once, everything else is there already", () => {
  const needed = ["/tmp/instance", "/tmp/instance/logs", "/usr/lib", "/var/cache/tools", "/var/cache/tools"];
  expect(lines({ needed }).filter((line) => line.startsWith("mount --rbind"))).toEqual([
    "mount --rbind '/usr' '/tmp/instance/root/usr'",
    "mount --rbind '/tmp/instance' '/tmp/instance/root/tmp/instance'",
    "mount --rbind '/var/cache/tools' '/tmp/instance/root/var/cache/tools'",
  ]);
});

test("the script stops at its first failure and ends as the init program", () => {
  expect(lines({})[0]).toBe("set -e");
  expect(lines({}).at(-1)).toBe("exec '/opt/pause'");
});

test("names are quoted for the shell", () => {
  expect(lines({ init: "/it's/pause" }).at(-1)).toBe("exec '/it'\\''s/pause'");
});
