import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { startFaultProxy } from "#local/fault-proxy/proxy.ts";
import { type LangfuseTarget, startLangfuse } from "#local/langfuse/server.ts";

/** A Langfuse in a process of its own, as it is in production: in the client's it would take the client's time. */
export interface SlowLangfuse {
  readonly target: LangfuseTarget;
  /** The same server, slow and failing now and then. */
  readonly slowUrl: string;
  stop(): Promise<void>;
}

/** How long every answer takes at least, in milliseconds. */
export const LATENCY = 5;
/** One of so many writes is answered with 500. */
const FAULT_EVERY = 100;

type Started = Pick<SlowLangfuse, "target" | "slowUrl">;

export async function startSlowLangfuse(): Promise<SlowLangfuse> {
  const child = fork(import.meta.filename, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [started] = (await once(child, "message", { signal: AbortSignal.timeout(30_000) })) as [Started];
  return { ...started, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  const end = once(child, "exit");
  child.disconnect();
  await end;
}

if (process.send !== undefined && import.meta.main) {
  const server = await startLangfuse();
  const proxy = await startFaultProxy({ target: server.target.url });
  let writes = 0;
  proxy.inject({ fault: { kind: "latency", milliseconds: LATENCY } });
  proxy.inject({
    fault: { kind: "answer", status: 500, body: "Internal Server Error" },
    matches: ({ method }) => method === "PUT" && ++writes % FAULT_EVERY === 0,
  });
  const started: Started = { target: server.target, slowUrl: proxy.url };
  process.send(started);
  process.once("disconnect", () => process.exit());
}
