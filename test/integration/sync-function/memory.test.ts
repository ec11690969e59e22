import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { environmentFor } from "./command-line.ts";
import { startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { startRealm } from "./realm-server.ts";

const realm = { people: [{ id: "1", email: "a@example.com" }], roles: { "langfuse-admin": [], "langfuse-member": [] } };

/** What the container of a process says it may use. */
function limitedTo(mebibytes: number): string {
  const code = `process.constrainedMemory=()=>${mebibytes * 1024 * 1024}`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

/** An answer that begins well and is much longer than it can be. */
function immense(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(1024 * 1024, " ");
  for (let sent = 0; sent < 500; sent += 1) response.write(chunk);
}

it("what grows outside of the heap ends as a readable error, before the container's limit", async () => {
  await using keycloak = await startRealm(realm, { fault: (name) => (name === "roles" ? immense : undefined) });
  await using langfuse = await startOrganization({ "owner@example.com": "OWNER", "a@example.com": "VIEWER" });
  const environment = environmentFor(keycloak, langfuse);
  const { ended } = startProgram(["apply"], { ...environment, NODE_OPTIONS: limitedTo(150) });
  const { exitCode, errors } = await ended;
  expect([exitCode, langfuse.writes()], errors).toEqual([70, []]);
  const used = Number(/out of memory: the run uses (\d+) of the 150 MiB/.exec(errors)?.[1]);
  expect(used, errors).toBeGreaterThan(130);
  expect(used).toBeLessThan(150);
});
