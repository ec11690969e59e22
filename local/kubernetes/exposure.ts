import { connect, createServer, type Server, type Socket } from "node:net";

/** Forwards TCP connections that pods make to this machine's end of their network to servers on its loopback. */
export class Exposures {
  readonly #address: string;
  readonly #urls = new Map<string, Promise<string>>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** `address` is this machine's address in the pods' network. */
  constructor(address: string) {
    this.#address = address;
  }

  /**
   * Makes the server behind a `http:` or `https:` URL reachable and returns the URL pods use: the same path, and the
   * same port unless that one is taken on the pods' side.
   */
  async expose(url: string): Promise<string> {
    const target = new URL(url);
    const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
    const key = `${target.hostname}:${port}`;
    const known = this.#urls.get(key) ?? this.#forward(target.hostname.replace(/^\[|\]$/g, ""), port);
    this.#urls.set(key, known);
    target.host = await known;
    return url.endsWith("/") ? target.href : target.href.replace(/\/$/, "");
  }

  async stop(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #forward(host: string, port: number): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (incoming) => {
      const outgoing = connect({ host, port, allowHalfOpen: true });
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
        socket.on("error", () => other.destroy());
        socket.pipe(other);
      }
    });
    this.#servers.push(server);
    const taken = await listen(server, port, this.#address).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
      return listen(server, 0, this.#address);
    });
    return `${this.#address}:${taken}`;
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
