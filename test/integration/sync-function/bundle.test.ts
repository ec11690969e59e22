import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleSync } from "#sync/bundle.ts";
import { environmentFor } from "./command-line.ts";
import { startOrganization } from "./organization-server.ts";
import { startRealm } from "./realm-server.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-bundle-"));
  await writeFile(path.join(folder, "main.mjs"), (await bundleSync()).text);
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts the bundle without the right to write files, start processes or load native code. */
function start(words: readonly string[], environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    ["--permission", "--allow-fs-read=*", path.join(folder, "main.mjs"), ...words],
    { env: environment, stdio: ["ignore", "pipe", "pipe"] },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    errors += piece;
  });
  const ended = Promise.all([once(child, "close"), text(child.stdout)]).then(([[exitCode], output]) => ({
    exitCode,
    output,
    errors,
  }));
  return { child, ended, errors: () => errors };
}

const people = Array.from({ length: 30 }, (_, index) => ({
  id: `${index}`,
  email: `${index}@example.com`,
  roles: ["langfuse-member"],
}));
const viewers = Object.fromEntries(people.map(({ email }) => [email, "VIEWER"]));
const realm = { people, roles: { "langfuse-admin": [], "langfuse-member": [] } };

it("applies, logs JSON lines without secrets, and needs no right to write", async () => {
  await using keycloak = await startRealm(realm);
  await using langfuse = await startOrganization(viewers);
  const { ended } = start(["apply"], { ...environmentFor(keycloak, langfuse), LOG_LEVEL: "info" });
  const { exitCode, output, errors } = await ended;
  expect(exitCode, errors).toBe(0);
  expect(output).toContain("Applied: 30 applied");
  expect(new Set(Object.values(langfuse.roles()))).toEqual(new Set(["MEMBER"]));
  const lines = errors
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ msg }) => msg === "role changed")).toHaveLength(30);
  expect(errors).not.toMatch(/secret-value|Bearer|Basic/);
});

it("finishes the people in hand on SIGTERM and says what it left", async () => {
  await using keycloak = await startRealm(realm);
  const [writing, stopping] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using langfuse = await startOrganization(viewers, ({ method }) => {
    if (method !== "PUT") return undefined;
    writing.resolve();
    return (response) => void stopping.promise.then(() => response.writeHead(200).end("{}"));
  });
  const { child, ended, errors } = start(["apply"], { ...environmentFor(keycloak, langfuse), LOG_LEVEL: "info" });
  await Promise.race([writing.promise, ended]);
  child.kill("SIGTERM");
  await expect.poll(errors).toContain("told to stop");
  // Two are written at a time, and a third has its turn after one of them.
  stopping.resolve();
  const { exitCode, output } = await ended;
  expect(exitCode).toBe(4);
  expect(langfuse.writes()).toHaveLength(3);
  expect(output).toContain("27 not attempted because the run was told to stop");
});
