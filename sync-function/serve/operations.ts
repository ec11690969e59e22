import { createServer, type RequestListener, type Server } from "node:http";

export interface Operations {
  /** Whether it does its work, or could; otherwise the cluster starts it again. By default always. */
  readonly isAlive?: () => boolean;
  /** Whether requests should come here; not while the process is about to end. */
  readonly isReady: () => boolean;
  /** Figures in the text format of Prometheus. */
  readonly metrics: () => string;
}

/** Paths that the cluster asks for. */
export const OPERATION_PATHS: readonly string[] = ["/healthz", "/readyz", "/metrics"];

/**
 * What the cluster asks a server: `GET /healthz` whether it lives, `GET /readyz` whether it wants requests, and
 * `GET /metrics` for its figures.
 */
export function answerOperations({ isAlive = () => true, isReady, metrics }: Operations): RequestListener {
  const routes: Readonly<Record<string, () => readonly [status: number, text: string]>> = {
    "/healthz": () => (isAlive() ? [200, "ok\n"] : [503, "stuck\n"]),
    "/readyz": () => (isReady() ? [200, "ok\n"] : [503, "not ready\n"]),
    "/metrics": () => [200, metrics()],
  };
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const isRead = request.method === "GET" || request.method === "HEAD";
    const [status, text] = route === undefined ? [404, "not found\n"] : isRead ? route() : [405, "use GET\n"];
    response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
  };
}

/** The same as a server of its own. */
export function createOperations(operations: Operations): Server {
  return createServer(answerOperations(operations));
}
