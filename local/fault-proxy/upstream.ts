import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Headers of one connection, which the next one has its own of. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "transfer-encoding"];

/** The server behind the proxy, over connections that are kept. */
export class Upstream {
  readonly #target: URL;
  readonly #timeout: number;
  readonly #agent = new Agent({ keepAlive: true });

  /** `timeout` in milliseconds. */
  constructor(target: string, timeout: number) {
    this.#target = new URL(target);
    this.#timeout = timeout;
  }

  /** Forwards one request; a kept connection that the server has closed meanwhile is replaced once. */
  async send(request: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      return await this.#send(request);
    } catch (error) {
      if (error instanceof StaleConnection) return await this.#send(request);
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send({ method, path, rawHeaders, body }: UpstreamRequest): Promise<UpstreamAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = httpRequest(
      {
        agent: this.#agent,
        // URL keeps the brackets of IPv6 addresses, sockets do not want them.
        host: this.#target.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: this.#target.port || 80,
        method,
        path,
        headers: forwardedHeaders(rawHeaders, body),
        timeout: this.#timeout,
      },
      resolve,
    );
    request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer within ${this.#timeout} ms`)));
    request.on("error", (error) => {
      const reset = "code" in error && error.code === "ECONNRESET";
      reject(reset && request.reusedSocket ? new StaleConnection() : error);
    });
    request.end(body);
    const answer = await promise;
    const chunks = await answer.toArray();
    return {
      status: answer.statusCode ?? 502,
      rawHeaders: withoutHops(answer.rawHeaders),
      headers: answer.headers,
      body: Buffer.concat(chunks),
    };
  }
}

class StaleConnection extends Error {}

/** The body has been read as a whole, so its length replaces chunked encoding. */
function forwardedHeaders(rawHeaders: readonly string[], body: Buffer): string[] {
  const headers = withoutHops(rawHeaders);
  const hasLength = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === "content-length");
  return hasLength || body.length === 0 ? headers : [...headers, "content-length", String(body.length)];
}

function withoutHops(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)] ?? "";
    return !HOP_BY_HOP.includes(name.toLowerCase());
  });
}
