import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { silent } from "#local/progress.ts";
import { Stack } from "#local/pulumi/stack.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";

const program = fileURLToPath(new URL("./programs/langfuse/", import.meta.url));

/** A Langfuse behind a proxy, and a stack that declares nothing but what is in it. */
export interface Ground {
  readonly proxy: FaultProxy;
  readonly stack: Stack;
  readonly admin: LangfuseAdminClient;
  /** Past the proxy, so that the test's own requests are not among those it counts. */
  readonly url: string;
  configure(tenant: Readonly<Record<string, unknown>>): Promise<void>;
  /** With the key that the stack has now. */
  client(): Promise<LangfuseClient>;
  stop(): Promise<void>;
}

/** @param environment of the engine, beside the usual one */
export async function prepareGround(environment: NodeJS.ProcessEnv = {}): Promise<Ground> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-resources-"));
  const server = await startLangfuse({ deletionTime: 0 });
  const { url, adminApiKey = "" } = server.target;
  const proxy = await startFaultProxy({ target: url });
  const stack = await Stack.create({
    name: "resources",
    folder,
    progress: silent,
    program,
    environment,
    settings: {},
    secrets: { langfuseAdminApiKey: adminApiKey },
  });
  return {
    proxy,
    stack,
    url,
    admin: createLangfuseAdminClient({ url, adminApiKey }),
    configure: (tenant) => stack.configure({ langfuse: { url: proxy.url, ...tenant } }),
    client: async () => {
      const { publicKey, secretKey } = await stack.outputs({ showSecrets: true });
      return createLangfuseClient({ url, publicKey: String(publicKey), secretKey: String(secretKey) });
    },
    stop: async () => {
      await proxy.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
