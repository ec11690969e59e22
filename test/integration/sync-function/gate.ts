import { connect, createServer, type Socket } from "node:net";

export interface Gate extends AsyncDisposable {
  /** Address of the server behind the gate, with the gate's port. */
  readonly url: string;
  /** From now on nothing passes, in neither direction; connections stay open. */
  close(): void;
}

/** Passes connections on as they are, encrypted ones too, until it is closed. */
export async function startGate(upstream: string): Promise<Gate> {
  const { hostname, port, protocol } = new URL(upstream);
  const sockets = new Set<Socket>();
  let closed = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    if (closed) socket.pause();
    return socket;
  };
  const server = createServer((incoming) => {
    const outgoing = keep(connect(Number(port), hostname));
    keep(incoming).pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gate has no port");
  return {
    url: `${protocol}//${hostname}:${address.port}`,
    close: () => {
      closed = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
