import { createServer } from "node:net";

/** A TCP port that nobody listens on at this moment, on `host`. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  return await listenOnce(0, host);
}

/** Whether a server could listen on this port now. */
export async function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return await listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      const used = typeof address === "object" && address ? address.port : port;
      server.close(() => resolve(used));
    });
  });
}
