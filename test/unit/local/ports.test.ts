import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, isFree } from "#local/ports.ts";

it("a free port is one that a server can listen on, until it does", async () => {
  const port = await freePort();
  expect(await isFree(port)).toBe(true);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await isFree(port)).toBe(false);
  server.close();
  await once(server, "close");
  expect(await isFree(port)).toBe(true);
});

it.runIf(process.platform === "linux")("a free port is none that somebody else gets who asks for any", async () => {
  const [first] = (await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8")).split("\t").map(Number);
  for (let times = 0; times < 5; times += 1) expect(await freePort()).toBeLessThan(first ?? 0);
});
