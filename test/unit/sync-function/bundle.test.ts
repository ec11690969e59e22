import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleSync, type SyncBundle } from "#sync/bundle.ts";

const run = promisify(execFile);
let bundle: SyncBundle;
let folder: string;

beforeAll(async () => {
  bundle = await bundleSync();
  folder = await mkdtemp(path.join(tmpdir(), "sync-bundle-"));
  await writeFile(path.join(folder, "main.mjs"), bundle.text);
});
afterAll(() => rm(folder, { recursive: true }));

it("the bundle is the same every time and knows nothing of the folder it was made in", async () => {
  expect(await bundleSync()).toEqual(bundle);
  expect(bundle.text).not.toContain(fileURLToPath(new URL("../../..", import.meta.url)));
});

it("the bundle fits into a ConfigMap", () => {
  expect(Buffer.byteLength(bundle.text)).toBeLessThanOrEqual(900_000);
});

it("the bundle runs on its own", async () => {
  const main = path.join(folder, "main.mjs");
  expect((await run(process.execPath, [main, "--help"])).stdout).toContain("Usage:");
  const refused = run(process.execPath, [main, "apply"], { env: {} });
  await expect(refused).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining("KEYCLOAK_URL is not set") });
});
