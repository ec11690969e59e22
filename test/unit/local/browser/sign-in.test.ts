import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Browser } from "#local/browser/browser.ts";
import { readSession, signIn } from "#local/browser/sign-in.ts";

type Route = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const servers: Server[] = [];

async function serve(routes: Readonly<Record<string, Route>>): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const route = routes[`${request.method} ${(request.url ?? "").split("?")[0]}`];
    if (route) route(request, response, body);
    else response.writeHead(404).end("no such page");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const redirect = (response: ServerResponse, location: string, cookies: string[] = []) =>
  response.writeHead(302, { location, "set-cookie": cookies }).end();
const json = (response: ServerResponse, value: unknown) => response.end(JSON.stringify(value));
const loginForm =
  '<form id="kc-form-login" action="/login" method="post"><input name="username"><input name="password" type="password"></form>';
const session = { user: { id: "u1", email: "a@example.com", name: null, organizations: [] }, expires: "2027-01-01" };

let langfuse: string;
/** What Langfuse's callback does; a login by default. */
let callback: Route;

beforeEach(async () => {
  callback = (_request, response) =>
    redirect(response, "/", ["next-auth.session-token=s; Path=/; HttpOnly; SameSite=Lax"]);
  const keycloak = await serve({
    "GET /auth": (_request, response) => {
      response.setHeader("set-cookie", "AUTH_SESSION_ID=k; Path=/; Secure; HttpOnly; SameSite=None");
      response.end(loginForm);
    },
    "POST /login": (request, response, body) => {
      if (!request.headers.cookie?.includes("AUTH_SESSION_ID=k"))
        response.writeHead(400).end('<div id="kc-error-message"><p class="instruction">Cookie not found</p></div>');
      else if (body.includes("denied"))
        response
          .writeHead(401)
          .end('<div id="kc-error-message"><p class="instruction">Access denied</p><a>Back</a></div>');
      else if (body.includes("right")) redirect(response, `${langfuse}/api/auth/callback/keycloak?code=c&state=s`);
      else response.end(`${loginForm}<span id="input-error">Invalid username or password.</span>`);
    },
  });
  langfuse = await serve({
    "GET /": (_request, response) => response.end("welcome"),
    "GET /api/auth/csrf": (_request, response) => json(response, { csrfToken: "t" }),
    "POST /api/auth/signin/keycloak": (_request, response, body) =>
      json(response, {
        url: body.includes("csrfToken=t") ? `${keycloak}/auth?redirect_uri=x` : `${langfuse}/api/auth/signin?csrf=true`,
      }),
    "GET /api/auth/callback/keycloak": (...parts) => callback(...parts),
    "GET /api/auth/session": (request, response) =>
      json(response, request.headers.cookie?.includes("next-auth.session-token=s") ? session : {}),
    "GET /auth/sign-in": (_request, response) => response.end("sign in"),
  });
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe("signIn", () => {
  test("brings the session of a person with the right password", async () => {
    const browser = new Browser();
    expect(await readSession(browser, langfuse)).toBeUndefined();
    expect(await signIn(browser, langfuse, { username: "a", password: "right" })).toEqual({
      kind: "signed-in",
      session,
    });
    expect(await readSession(browser, langfuse)).toEqual(session);
  });

  test("tells what Keycloak says to a wrong password", async () => {
    expect(await signIn(new Browser(), langfuse, { username: "a", password: "wrong" })).toEqual({
      kind: "refused",
      by: "keycloak",
      status: 200,
      message: "Invalid username or password.",
    });
  });

  test("tells Keycloak's refusal without the link beside it", async () => {
    expect(await signIn(new Browser(), langfuse, { username: "a", password: "denied" })).toEqual({
      kind: "refused",
      by: "keycloak",
      status: 401,
      message: "Access denied",
    });
  });

  test("tells the code with which Langfuse refuses", async () => {
    callback = (_request, response) => redirect(response, "/auth/sign-in?callbackUrl=x&error=OAuthAccountNotLinked");
    expect(await signIn(new Browser(), langfuse, { username: "a", password: "right" })).toEqual({
      kind: "refused",
      by: "langfuse",
      code: "OAuthAccountNotLinked",
    });
  });

  test("fails with a reason when a password is asked for and none was given", async () => {
    expect(await signIn(new Browser(), langfuse)).toEqual({
      kind: "failed",
      reason: "Keycloak asked for a password and none was given",
    });
  });

  test("fails with a reason when redirects go in a circle", async () => {
    callback = (request, response) => redirect(response, request.url ?? "/");
    expect(await signIn(new Browser(), langfuse, { username: "a", password: "right" })).toMatchObject({
      kind: "failed",
      reason: expect.stringMatching(/more than 20 redirects/),
    });
  });

  test("fails with a reason when Langfuse is not there", async () => {
    expect(await signIn(new Browser(), "http://127.0.0.1:1", { username: "a", password: "right" })).toMatchObject({
      kind: "failed",
      reason: expect.stringMatching(/fetch failed/),
    });
  });
});
