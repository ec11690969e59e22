import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { type Part, partStack } from "./part-stack.ts";

const shiftedClock = new URL("./shifted-clock.ts", import.meta.url).href;

/** A Langfuse behind a proxy, and a stack that declares nothing but what is in it. */
export interface Ground {
  /** Of the stack. */
  readonly name: string;
  /** For files of the test; it is removed in the end. */
  readonly folder: string;
  readonly proxy: FaultProxy;
  readonly stack: Stack;
  readonly admin: LangfuseAdminClient;
  /** Past the proxy, so that the test's own requests are not among those it counts. */
  readonly url: string;
  readonly adminApiKey: string;
  /** Whether the server is a named one, whose clock is its own. */
  readonly isNamed: boolean;
  configure(tenant: Readonly<Record<string, unknown>>): Promise<void>;
  /** With the key that the stack has now. */
  client(): Promise<LangfuseClient>;
  /** Lets so many milliseconds pass for the engine's processes and, unless it is a named one, for the server. */
  pass(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface GroundOptions {
  /** Of the stack, and so what is made is marked with; another one for each file, which may share a server. */
  readonly name: string;
  /** Of the engine, beside the usual one. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Default `langfuse`, which declares one organization. */
  readonly part?: Extract<Part, "langfuse" | "organizations">;
}

/** The Langfuse is the one that `LANGFUSE_TARGET` names, or else the stand-in. */
export async function prepareGround({ name, environment = {}, part = "langfuse" }: GroundOptions): Promise<Ground> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-resources-"));
  const clock = path.join(folder, "clock");
  let passed = 0;
  const pass = async (milliseconds: number) => {
    passed += milliseconds;
    await writeFile(clock, String(passed));
  };
  await pass(0);
  const named = await namedTarget();
  const server = named
    ? undefined
    : await startLangfuse({ deletionTime: 0, clock: () => new Date(Date.now() + passed) });
  const { url, adminApiKey } = named ?? server?.target ?? {};
  if (url === undefined || adminApiKey === undefined) {
    throw new Error("The target has no adminApiKey: these resources are made with the server's ADMIN_API_KEY.");
  }
  const proxy = await startFaultProxy({ target: url });
  const stack = await partStack({
    name,
    folder,
    part,
    environment: { NODE_OPTIONS: `--import ${shiftedClock}`, SHIFTED_CLOCK: clock, ...environment },
    secrets: { langfuseAdminApiKey: adminApiKey },
  });
  return {
    name,
    folder,
    proxy,
    stack,
    url,
    adminApiKey,
    isNamed: named !== undefined,
    admin: createLangfuseAdminClient({ url, adminApiKey }),
    configure: (tenant) => stack.configure({ langfuse: { url: proxy.url, ...tenant } }),
    client: async () => {
      const { publicKey, secretKey } = await stack.outputs({ showSecrets: true });
      return createLangfuseClient({ url, publicKey: String(publicKey), secretKey: String(secretKey) });
    },
    pass,
    stop: async () => {
      // A named server outlives the test. What a test broke on purpose may stay.
      if (named) await stack.destroy();
      await proxy.stop();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
