import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Answers JSON with a status; anything more unusual writes to the response itself. */
export type Answer =
  | { status: number; json?: unknown; text?: string; headers?: Record<string, string> }
  | ((response: ServerResponse) => void);

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
}

/**
 * A real HTTP server on a free port of this machine. It keeps connections for ever: closed in a pause, one would break at the
 * next request.
 */
export async function startServer(answer: (request: Received) => Answer): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const url = new URL(incoming.url ?? "/", "http://server");
      const request = { method: incoming.method ?? "", url, headers: incoming.headers, body };
      received.push(request);
      write(response, answer(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function write(response: ServerResponse, answer: Answer): void {
  if (typeof answer === "function") {
    answer(response);
    return;
  }
  const isJson = answer.text === undefined;
  const body = isJson ? (answer.json === undefined ? "" : JSON.stringify(answer.json)) : answer.text;
  response.writeHead(answer.status, { "content-type": isJson ? "application/json" : "text/plain", ...answer.headers });
  response.end(body);
}
