import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { rawExchange, startWorld } from "./world.ts";

/** A body of 64 MiB, far more than all connections hold, which counts what was taken of it. */
function longBody(): { body: Readable; taken: () => number } {
  let taken = 0;
  const pieces = function* () {
    for (; taken < PIECES; taken += 1) yield Buffer.alloc(PIECE, taken % 251);
  };
  return { body: Readable.from(pieces()), taken: () => taken };
}
const PIECES = 1_024;
const PIECE = 65_536;

/** Waits until nothing more is taken of a body, and returns how much that was. */
async function stalled(taken: () => number): Promise<number> {
  for (let before = -1; before !== taken(); await sleep(100)) before = taken();
  return taken();
}

/** Length, and a sum that other bytes would not have. */
async function measure(body: AsyncIterable<Buffer>): Promise<readonly [number, number]> {
  let [length, sum] = [0, 0];
  for await (const piece of body) {
    for (let at = (4_096 - (length % 4_096)) % 4_096; at < piece.length; at += 4_096)
      sum = (sum * 31 + (piece[at] ?? 0)) % 1_000_003;
    length += piece.length;
  }
  return [length, sum];
}

describe("a body", () => {
  it("that goes to Langfuse waits for it, and is never kept", async () => {
    const begin = Promise.withResolvers<void>();
    await using world = await startWorld(async (request, response) => {
      await begin.promise;
      response.end(String(await measure(request)));
    });
    const { body, taken } = longBody();
    const upload = httpRequest(world.url, { method: "PUT" });
    const answered = once(upload, "response");
    body.pipe(upload);
    expect(await stalled(taken)).toBeLessThan(PIECES);
    begin.resolve();
    const [answer] = (await answered) as [IncomingMessage];
    expect(await text(answer)).toContain(`${PIECES * PIECE},`);
  });

  it("that comes from Langfuse waits for the browser, and is never kept", async () => {
    const { body, taken } = longBody();
    await using world = await startWorld((_, response) => void body.pipe(response));
    const [answer] = (await once(httpRequest(world.url).end(), "response")) as [IncomingMessage];
    expect(await stalled(taken)).toBeLessThan(PIECES);
    expect(await measure(answer)).toEqual(await measure(longBody().body));
  });

  it("is passed on piece by piece, as events need it", async () => {
    const events = Promise.withResolvers<(text: string) => void>();
    await using world = await startWorld((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      events.resolve((event) => response.write(event));
    });
    // The head alone comes first: nothing has happened yet.
    const { body, headers } = await fetch(`${world.url}/events`);
    expect(headers.get("content-type")).toBe("text/event-stream");
    const reader = (body ?? expect.fail("no body")).pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      (await events.promise)(event);
      expect((await reader.read()).value).toBe(event);
    }
    await reader.cancel();
  });

  it("that breaks off behind breaks off before, and is no whole answer", async () => {
    await using world = await startWorld((_, response) => {
      response.writeHead(200, { "content-length": "10" }).write("half", () => response.destroy());
    });
    const answer = await fetch(world.url);
    await expect(answer.text()).rejects.toThrow();
    await expect.poll(() => world.ended[0]?.failure).toContain("the answer broke off");
  });

  it("that Langfuse refuses while it is sent ends with the refusal", async () => {
    await using world = await startWorld((_, response) => {
      response.writeHead(413).end("too long");
    });
    const upload = httpRequest(world.url, { method: "POST" });
    const answered = once(upload, "response");
    // What is left of the body is never taken, and the connection ends with the test.
    longBody().body.pipe(upload.on("error", () => {}));
    const [answer] = (await answered) as [IncomingMessage];
    expect([answer.statusCode, await text(answer)]).toEqual([413, "too long"]);
  });
});

describe("an answer", () => {
  it("comes with its status, its text and every cookie of its own", async () => {
    const cookies = Array.from({ length: 40 }, (_, at) => `c${at}=${"x".repeat(500)}; Path=/`);
    await using world = await startWorld((_, response) => {
      response.writeHead(418, "Short and stout", { "set-cookie": cookies, "x-a": "ä" }).end(Buffer.from("tea"));
    });
    const answer = (await once(httpRequest({ port: world.port, maxHeaderSize: 65_536 }).end(), "response"))[0];
    expect(answer).toMatchObject({ statusCode: 418, statusMessage: "Short and stout" });
    expect(answer.headers["set-cookie"]).toEqual(cookies);
    expect(answer.headers["x-a"]).toBe("ä");
    expect(await text(answer)).toBe("tea");
  });

  it.each(["GET", "OPTIONS", "DELETE", "PATCH"])("to %s without a body needs no second connection", async (method) => {
    await using world = await startWorld((request, response) => {
      response.writeHead(200, { "x-length": request.headers["content-length"] ?? "none" }).end();
    });
    for (let at = 0; at < 3; at += 1) {
      const answer = await fetch(world.url, { method });
      expect(answer.headers.get("x-length")).toBe(method === "PATCH" ? "0" : "none");
      await answer.text();
    }
    expect(world.connections()).toBe(1);
  });

  it("is asked for again where a kept connection had just been closed", async () => {
    await using world = await startWorld((request, response) => {
      // Says that it stays, and then ends.
      response.writeHead(200, { "keep-alive": "timeout=60" }).end("ok", () => request.socket.destroy());
    });
    for (let at = 0; at < 5; at += 1) expect(await (await fetch(world.url)).text()).toBe("ok");
  });
});

describe("when something is wrong", () => {
  it.each<readonly [string, (own: string) => string, number, string]>([
    ["nobody listens", () => "http://127.0.0.1:1", 502, "Langfuse cannot be reached"],
    // Too long for a name, so that no name server is asked, who may take longer than a connection.
    ["its name is unknown", () => `http://${"x".repeat(64)}.invalid`, 502, "Langfuse cannot be reached"],
    ["it leads back to the proxy", (own) => own, 508, "Loop detected"],
  ])("with the address of Langfuse, because %s, the browser gets a page", async (_title, target, status, title) => {
    await using world = await startWorld(() => {}, { target });
    const answer = await fetch(`${world.url}/project?secret=1`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.text()).toContain(`<h1>${title}</h1>`);
    expect(JSON.stringify(world.ended)).not.toContain("secret");
  });

  it("with Langfuse, which says nothing, the browser gets a page in time", async () => {
    await using world = await startWorld(() => {}, { timeout: 50 });
    const answer = await fetch(world.url, { method: "POST", body: "x" });
    expect([answer.status, await answer.text()]).toEqual([504, expect.stringContaining("Langfuse takes too long")]);
  });

  it("with an answer that falls silent, it breaks off", async () => {
    await using world = await startWorld((_, response) => void response.writeHead(200).write("begun"), {
      timeout: 100,
    });
    let answer = await fetch(world.url);
    // On a machine that stood still not even its head has come in time.
    while (answer.status === 504) answer = await fetch(world.url);
    await expect(answer.text()).rejects.toThrow();
  });

  it("with an answer that breaks off while it is found out who has logged in, the browser gets a page", async () => {
    let hangUp = () => {};
    const passed: IncomingMessage[] = [];
    await using world = await startWorld(
      (_, response) => {
        hangUp = () => response.destroy();
        response.writeHead(302, { "set-cookie": "next-auth.session-token=t", "content-length": "10" }).write("half");
      },
      {
        onAnswer: (answer) => passed.push(answer),
        onLogin: async () => {
          hangUp();
          await new Promise((resolve) => passed[0]?.once("close", resolve));
          return true;
        },
      },
    );
    const answer = await fetch(world.url, { redirect: "manual" });
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([502, null]);
    expect(world.ended).toMatchObject([{ status: 502, failure: expect.stringContaining("the answer broke off") }]);
  });

  it("with nothing, an answer waits for as long as it takes to find out who has logged in", async () => {
    let logins = 0;
    await using world = await startWorld(
      (_, response) => response.writeHead(302, { "set-cookie": "next-auth.session-token=t" }).end("moved"),
      {
        timeout: 100,
        onLogin: async () => {
          logins += 1;
          await sleep(400);
          return true;
        },
      },
    );
    let answer = await fetch(world.url, { redirect: "manual" });
    // On a machine that stood still the answer itself has not come in time.
    while (answer.status === 504 && logins === 0) answer = await fetch(world.url, { redirect: "manual" });
    expect([answer.status, await answer.text()]).toEqual([302, "moved"]);
  });

  it("with an answer in another protocol, for which nobody asked, the browser gets a page", async () => {
    await using world = await startWorld((request) => {
      request.socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    expect((await fetch(world.url)).status).toBe(502);
  });

  it("with the browser, which goes away, Langfuse is told", async () => {
    const [come, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using world = await startWorld((request) => {
      come.resolve();
      request.once("close", () => gone.resolve());
    });
    const abort = new AbortController();
    const asked = fetch(`${world.url}/slow`, { signal: abort.signal });
    await come.promise;
    abort.abort();
    await expect(asked).rejects.toThrow();
    await gone.promise;
    await expect.poll(() => world.ended).toMatchObject([{ path: "/slow", status: 499 }]);
  });

  it.each([
    ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["a target that is no path", "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400],
    [
      "length and pieces",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["an end of line within a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400],
    ["a head without an end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
  ])("with a request, which has %s, Langfuse never sees it", async (_title, bytes, status) => {
    const seen: string[] = [];
    await using world = await startWorld((request, response) => {
      seen.push(request.url ?? "");
      response.end();
    });
    expect(await rawExchange(world.port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toEqual([]);
  });

  it("a whole address as target is taken for its path, and its host for nothing", async () => {
    await using world = await startWorld((request, response) => response.end(`${request.headers.host} ${request.url}`));
    const bytes = "GET http://evil.example/a?b HTTP/1.1\r\nHost: langfuse\r\nConnection: close\r\n\r\n";
    expect(await rawExchange(world.port, bytes)).toContain("langfuse /a?b");
  });
});
