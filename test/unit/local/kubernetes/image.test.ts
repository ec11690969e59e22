import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeImage } from "#local/kubernetes/image.ts";
import { librariesIn } from "#local/kubernetes/node-images.ts";
import { tar } from "#local/kubernetes/tar.ts";
import { run } from "#local/process/run.ts";

const folder = await mkdtemp(path.join(tmpdir(), "image-test-"));
afterAll(() => rm(folder, { recursive: true }));

test("an image holds its files below their folders, and every reference to a blob is its hash", async () => {
  const file = path.join(folder, "image.tar");
  const source = path.join(folder, "program");
  await writeFile(source, "#!/bin/sh\n", { mode: 0o750 });
  await writeImage(file, {
    name: "localhost/test:1",
    config: { User: "1000:1000" },
    entries: [
      { path: "/usr/bin/program", source },
      { path: "/usr/bin/note", text: "hello" },
      { path: "/tmp", mode: 0o1777 },
    ],
  });
  await run("tar", ["-xf", file, "-C", folder]);
  const read = async (name: string) => JSON.parse(await readFile(path.join(folder, name), "utf8"));
  const blob = async ({ digest }: { digest: string }) => {
    const name = `blobs/${digest.replace(":", "/")}`;
    const hash = createHash("sha256").update(await readFile(path.join(folder, name)));
    expect(`sha256:${hash.digest("hex")}`).toBe(digest);
    return name;
  };
  const [reference] = (await read("index.json")).manifests;
  expect(reference.annotations).toEqual({ "io.containerd.image.name": "localhost/test:1" });
  const manifest = await read(await blob(reference));
  const configuration = await read(await blob(manifest.config));
  expect(configuration.config).toEqual({ User: "1000:1000" });
  expect(configuration.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
  const layer = path.join(folder, await blob(manifest.layers[0]));
  const listing = await run("tar", ["-tvf", layer], { environment: { ...process.env, TZ: "UTC" } });
  expect(listing.trim().split("\n")).toEqual(
    [
      ["drwxr-xr-x", 0, "usr"],
      ["drwxr-xr-x", 0, "usr/bin"],
      ["-rwxr-xr-x", 10, "usr/bin/program"],
      ["-rw-r--r--", 5, "usr/bin/note"],
      ["drwxrwxrwt", 0, "tmp"],
    ].map(([mode, size, name]) =>
      expect.stringMatching(new RegExp(`^${mode} 0/0 +${size} 1970-01-01 00:00 ${name}/?$`)),
    ),
  );
});

test("long paths are cut at a slash, and those that cannot be are refused", async () => {
  const long = `${"folder/".repeat(20)}file`;
  const file = path.join(folder, "long.tar");
  await writeFile(file, tar([{ path: long, mode: 0o644, content: [Buffer.from("x")] }]));
  expect((await run("tar", ["-tf", file])).trim()).toBe(long);
  expect(() => tar([{ path: "x".repeat(101), mode: 0o644, content: [] }])).toThrow("too long for a tar archive");
});

test("shared libraries are read from what ldd prints", () => {
  const listing = [
    "\tlinux-vdso.so.1 (0x00007fff)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f00)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f01)",
    "\tlibmissing.so => not found",
  ].join("\n");
  expect(librariesIn(listing)).toEqual(["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
});
