import { describe, expect, it } from "vitest";
import { rawExchange, startWorld, upgraded } from "./world.ts";

describe("another protocol", () => {
  it("is passed on in both directions once Langfuse agrees", async () => {
    await using world = await startWorld(() => expect.fail("no upgrade arrived"));
    world.behind.on("upgrade", (request, socket) => {
      const head = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Path: ${request.url}\r\n\r\n`;
      socket.on("error", () => socket.destroy());
      socket.write(`${head}hello `);
      socket.pipe(socket);
    });
    const { answer, socket, head } = await upgraded(world.port, "/socket?a=b");
    expect(answer).toMatchObject({ statusCode: 101, headers: { upgrade: "websocket", "x-path": "/socket?a=b" } });
    socket?.write("echo");
    let heard = String(head);
    const hear = () => {
      heard += socket?.read() ?? "";
      return heard;
    };
    await expect.poll(hear).toBe("hello echo");
    socket?.destroy();
    await expect.poll(() => world.ended).toMatchObject([{ status: 101 }]);
  });

  it("is a usual answer where Langfuse does not agree, and so opens no way round the login", async () => {
    const logins: string[] = [];
    const onLogin = async (cookie: string) => {
      logins.push(cookie);
      return false;
    };
    await using world = await startWorld(
      (_, response) => response.writeHead(302, { "set-cookie": "next-auth.session-token=t" }).end(),
      { onLogin },
    );
    const { answer } = await upgraded(world.port, "/api/auth/callback/keycloak");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(logins).toEqual(["next-auth.session-token=t"]);
  });

  it("that is no WebSocket is not asked for", async () => {
    await using world = await startWorld((request, response) => response.end(`upgrade: ${request.headers.upgrade}`));
    const bytes = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n";
    expect(await rawExchange(world.port, bytes)).toContain("upgrade: undefined");
  });

  it("ends with a page where nobody is behind", async () => {
    await using world = await startWorld(() => {}, { target: () => "http://127.0.0.1:1" });
    const bytes = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    expect(await rawExchange(world.port, bytes)).toMatch(/^HTTP\/1.1 502 /);
  });
});
