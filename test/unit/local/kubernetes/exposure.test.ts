import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Exposures } from "#local/kubernetes/exposure.ts";

const exposures = new Exposures("127.0.0.2");
const server = createServer((request, response) => response.end(`answer to ${request.url}`));
afterEach(async () => {
  await exposures.stop();
  server.close();
});

test("a server is reached through the other address, at the same port when it is free and at another when not", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = await exposures.expose(`http://127.0.0.1:${port}/base`);
  expect(url).toBe(`http://127.0.0.2:${port}/base`);
  expect(await (await fetch(url)).text()).toBe("answer to /base");
  expect(await exposures.expose(`http://127.0.0.1:${port}`)).toBe(`http://127.0.0.2:${port}`);

  const beside = await exposures.expose(`http://localhost:${port}/x?next=/`);
  expect(beside).toMatch(/^http:\/\/127\.0\.0\.2:\d+\/x\?next=\/$/);
  expect(new URL(beside).port).not.toBe(String(port));

  await exposures.stop();
  await expect(fetch(url)).rejects.toThrow();
});
