import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AccessError, messageOf } from "#sync/errors.ts";
import type { RequestLog } from "../options.ts";
import { readBody } from "./body.ts";
import { notFoundPage, plainBreakdown, Refusal } from "./errors.ts";
import type { Reply } from "./reply.ts";
import { type Match, normalise } from "./routing.ts";

export type Router = (path: string) => Match | undefined;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly log: ((request: RequestLog) => void) | undefined;
}

export interface Listener {
  readonly url: string;
  /** Begins to answer; requests that came earlier are waiting. */
  serve(router: Router): void;
  close(): Promise<void>;
}

/** How long an idle connection is kept, in milliseconds; that of the real server. */
const KEEP_ALIVE = 5_000;

export async function listen({ host, port, log }: ListenOptions): Promise<Listener> {
  const router = Promise.withResolvers<Router>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, async (request, response) => {
    const started = performance.now();
    const { pathname, search } = splitUrl(request.url ?? "/");
    const { defect, ...reply } = await answer(request, pathname, search, await router.promise);
    write(request, response, reply);
    const milliseconds = Math.round((performance.now() - started) * 10) / 10;
    const line = { method: request.method ?? "", path: pathname, status: reply.status, milliseconds };
    log?.(defect === undefined ? line : { ...line, defect });
  });
  const actualPort = await bind(server, host, port);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`,
    serve: (routes) => router.resolve(routes),
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  const bound = Promise.withResolvers<number>();
  server.once("error", (cause) => {
    const text = `port: cannot listen on ${host}:${port} (${messageOf(cause)}); choose another port, or 0 for a free one`;
    bound.reject(new AccessError("usage", text, { cause }));
  });
  server.listen(port, host, () => {
    const address = server.address();
    bound.resolve(typeof address === "object" && address ? address.port : port);
  });
  return await bound.promise;
}

/** Path first, then route, then body; method and credentials are the business of the handlers. */
async function answer(
  request: IncomingMessage,
  path: string,
  search: string,
  router: Router,
): Promise<Reply & { defect?: unknown }> {
  try {
    const elsewhere = normalise(path, search);
    if (elsewhere) return elsewhere;
    const match = router(path);
    if (!match) return notFoundPage;
    return await match.handle({
      method: request.method ?? "GET",
      path,
      query: new URLSearchParams(search),
      parameters: match.parameters,
      authorization: request.headers.authorization,
      cookie: request.headers.cookie,
      body: await readBody(request),
    });
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    // A client that went away in the middle of its body is no defect, and nobody reads the answer.
    return request.complete ? { ...plainBreakdown, defect: error } : plainBreakdown;
  }
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  if (status !== 204) response.setHeader("content-length", Buffer.byteLength(body));
  response.end(request.method === "HEAD" ? undefined : body);
  // What is left of a refused body is thrown away, so that the client can finish sending and read the answer.
  request.resume();
}

function splitUrl(url: string): { pathname: string; search: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { pathname: url, search: "" } : { pathname: url.slice(0, mark), search: url.slice(mark) };
}
