import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { listen } from "#sync/serve/listener.ts";

it("a server that closes ends what it has begun, and keeps no connection beyond that", async () => {
  const waiting = Promise.withResolvers<ServerResponse>();
  const server = createServer((incoming, response) => {
    if (incoming.url === "/slow") waiting.resolve(response);
    else response.end("quick");
  });
  const listener = await listen(server, 0, "PORT");
  const agent = new Agent({ keepAlive: true });
  const asked = async (path: string) => {
    const [answer] = await once(request({ agent, port: listener.port, path }).end(), "response");
    return answer as IncomingMessage;
  };
  // One connection has nothing to do, another one has.
  const slow = asked("/slow");
  const response = await waiting.promise;
  expect((await asked("/quick")).headers.connection).toBe("keep-alive");
  const closed = listener.close(60_000);
  await expect(asked("/late")).rejects.toThrow();
  response.end("done");
  expect(await text(await slow)).toBe("done");
  await closed;
});

it("a server that closes breaks off what does not end in time", async () => {
  const server = createServer(() => {});
  const listener = await listen(server, 0, "PORT");
  const hanging = fetch(`http://127.0.0.1:${listener.port}`).catch((error: unknown) => error);
  await once(server, "request");
  await listener.close(50);
  expect(await hanging).toBeInstanceOf(Error);
});
