import { run } from "#sync/commands/run.ts";

export interface ServedProxy {
  readonly url: string;
  /** Address of what the cluster asks for. */
  readonly operationsUrl: string;
  /** Exit code. */
  stop(): Promise<number>;
}

/** `serve proxy` on free ports in this process, exactly as `main.ts` runs it. */
export async function serveProxy(environment: Readonly<Record<string, string>>): Promise<ServedProxy> {
  const stop = new AbortController();
  const printed = Promise.withResolvers<string>();
  const ended = run(
    ["serve", "proxy", "--json"],
    {
      environment: { ...environment, PROXY_PORT: "0", PROXY_OPERATIONS_PORT: "0" },
      print: printed.resolve,
      stop: stop.signal,
    },
    (complaint) => printed.reject(new Error(complaint)),
  );
  const { port, operationsPort } = JSON.parse(await printed.promise) as Record<string, number>;
  return {
    url: `http://127.0.0.1:${port}`,
    operationsUrl: `http://127.0.0.1:${operationsPort}`,
    stop: async () => {
      stop.abort();
      return await ended;
    },
  };
}
