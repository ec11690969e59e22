import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

/** Lowest port that is chosen; services have theirs below it, mostly, and browsers refuse none from here on. */
const LOWEST = 11_000;
/** Where the ports begin that the system gives to whoever asks for any, unless it tells (ip(7), ip_local_port_range). */
const USUAL_END = 32_768;
const ATTEMPTS = 100;

/**
 * A TCP port that nobody listens on at this moment, on `host`: none of those that any connection may be given, as between
 * choosing a port and using it a busy machine opens hundreds of them.
 */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const end = await firstGivenPort();
  for (let attempt = 0; attempt < ATTEMPTS && end > LOWEST; attempt += 1) {
    const port = randomInt(LOWEST, end);
    if (await isFree(port, host)) return port;
  }
  return await listenOnce(0, host);
}

/** Whether a server could listen on this port now. */
export async function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return await listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

async function firstGivenPort(): Promise<number> {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "");
  return Number.parseInt(range, 10) || USUAL_END;
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
