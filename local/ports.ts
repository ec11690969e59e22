import { createServer } from "node:net";

/** A TCP port that nobody listens on at this moment, on `host`. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
