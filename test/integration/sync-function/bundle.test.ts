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
  const ended = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[exitCode], output, errors]) => ({ exitCode, output, errors }),
  );
  return { child, ended };
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
  const writing = Promise.withResolvers<void>();
  let writes = 0;
  await using langfuse = await startOrganization(viewers, ({ method }) => {
    if (method !== "PUT") return undefined;
    writing.resolve();
    writes += 1;
    // Two are written at a time; until they are, the signal arrives.
    const milliseconds = writes <= 2 ? 1_000 : 0;
    return (response) => setTimeout(() => response.writeHead(200).end("{}"), milliseconds);
  });
  const { child, ended } = start(["apply"], environmentFor(keycloak, langfuse));
  await Promise.race([writing.promise, ended]);
  child.kill("SIGTERM");
  const { exitCode, output } = await ended;
  expect(exitCode).toBe(4);
  expect(langfuse.writes()).toHaveLength(3);
  expect(output).toContain("27 not attempted because the run was told to stop");
});
