import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { fileLease } from "#sync/lease/file-lease.ts";
import { allOf } from "#sync/lease/lease.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lease-"));
const file = path.join(folder, "below", "sync.lock");
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => rmSync(path.dirname(file), { recursive: true, force: true }));

const lease = (title: string) => fileLease({ file, title });

it("one holds it, the other is told who, and after the release it is free and nothing is left", async () => {
  const hold = await lease("run 1").acquire();
  await expect(lease("run 2").acquire()).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringMatching(/^run 1, process \d+ on .* is writing at this moment .*sync\.lock\.1/),
  });
  await hold.release();
  const next = await lease("run 2").acquire();
  await hold.release();
  await expect(lease("run 3").acquire()).rejects.toThrow(/run 2/);
  await next.release();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

it("of many that ask at once exactly one gets it", async () => {
  const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => lease(`run ${index}`).acquire()));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("who was killed is succeeded at once, also where its number is in use again", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await (await lease("before").acquire()).release();
  const left = (number: number, holder: object) => writeFileSync(`${file}.${number}`, JSON.stringify(holder));
  left(4, { host: hostname(), pid, started: "1", title: "killed" });
  left(3, { host: hostname(), pid: process.pid, started: "1", title: "earlier process of this number" });
  const hold = await lease("run").acquire();
  expect(readdirSync(path.dirname(file))).toEqual(["sync.lock.5"]);
  await hold.release();
});

it("a holder on another machine counts as alive", async () => {
  await (await lease("before").acquire()).release();
  writeFileSync(`${file}.1`, JSON.stringify({ host: "elsewhere", pid: 1, started: "1", title: "run" }));
  await expect(lease("run").acquire()).rejects.toThrow(/on elsewhere/);
});

it("a place that cannot be written is an error, or a warning where nobody chose it", async () => {
  const blocked = path.join(folder, "file");
  writeFileSync(blocked, "");
  const place = path.join(blocked, "sync.lock");
  await expect(fileLease({ file: place, title: "run" }).acquire()).rejects.toMatchObject({ kind: "usage" });
  const warnings: string[] = [];
  await fileLease({ file: place, title: "run", onUnwritable: (text) => warnings.push(text) }).acquire();
  expect(warnings).toHaveLength(1);
});

it("of several leases all are held or none", async () => {
  const other = fileLease({ file: `${file}.other`, title: "run" });
  const hold = await lease("rival").acquire();
  await expect(allOf([other, lease("run")]).acquire()).rejects.toThrow(/rival/);
  await hold.release();
  const both = await allOf([other, lease("run")]).acquire();
  await expect(fileLease({ file: `${file}.other`, title: "late" }).acquire()).rejects.toThrow(/is writing/);
  await both.release();
});
