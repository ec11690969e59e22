import { createServer } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createKeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import { adminApi, configure } from "#components/keycloak/connection.ts";

let url = "";
let calls: string[] = [];
let status = 200;
let tokenStatus = 200;

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const isToken = request.url?.endsWith("/token");
    calls.push(`${request.method} ${request.url} ${isToken ? body : request.headers.authorization}`);
    const tokens = calls.filter((call) => call.includes("/token ")).length;
    response.writeHead(isToken ? tokenStatus : status, { "content-type": "application/json" });
    response.end(JSON.stringify(isToken ? { access_token: `t${tokens}`, expires_in: 60 } : { error: "no" }));
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  calls = [];
  status = 200;
  tokenStatus = 200;
});

const client = { realm: "my realm", clientId: "program", secret: "hidden" };
const ask = { method: "GET", path: "/company" } as const;

describe("the Admin API", () => {
  it("is used with the token of a service account, which is renewed before it ends", async () => {
    let now = 0;
    const api = createKeycloakAdminApi({ url: `${url}/`, ...client }, () => now);
    const token = "POST /realms/my%20realm/protocol/openid-connect/token";
    const body = "grant_type=client_credentials&client_id=program&client_secret=hidden";
    await api.send(ask, z.unknown());
    now = 29_999;
    await api.send(ask, z.unknown());
    now = 30_000;
    await api.send(ask, z.unknown());
    expect(calls).toEqual([
      `${token} ${body}`,
      "GET /admin/realms/company Bearer t1",
      "GET /admin/realms/company Bearer t1",
      `${token} ${body}`,
      "GET /admin/realms/company Bearer t2",
    ]);
  });

  it("signs in once for whatever is asked meanwhile, and again after a refusal", async () => {
    const api = createKeycloakAdminApi({ url, ...client });
    await Promise.all(["/a", "/b", "/c"].map((path) => api.send({ method: "GET", path }, z.unknown())));
    expect(calls.filter((call) => call.startsWith("POST "))).toHaveLength(1);
    tokenStatus = 401;
    const refused = createKeycloakAdminApi({ url, ...client });
    await expect(refused.send(ask, z.unknown())).rejects.toMatchObject({ status: 401 });
    tokenStatus = 200;
    await refused.send(ask, z.unknown());
  });

  it("takes another token when one is refused, once", async () => {
    const api = createKeycloakAdminApi({ url, ...client });
    status = 401;
    await expect(api.send(ask, z.unknown())).rejects.toMatchObject({ status: 401 });
    expect(calls.map((call) => call.split(" ").at(-1))).toEqual([
      expect.stringContaining("grant_type"),
      "t1",
      expect.stringContaining("grant_type"),
      "t2",
    ]);
  });

  it("is used in the name of a person when one is given", async () => {
    await createKeycloakAdminApi({ url, ...client, username: "ann" }).send(ask, z.unknown());
    expect(calls[0]).toContain("grant_type=password&client_id=program&username=ann&password=hidden");
  });

  it("tells a refusal with what is missing and without the secret", async () => {
    status = 403;
    const refusal = createKeycloakAdminApi({ url, ...client }).send(ask, z.unknown());
    await expect(refusal).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining(
        "needs manage-realm, manage-clients and manage-identity-providers in this realm",
      ),
    });
    await expect(refusal).rejects.not.toThrow("hidden");
  });
});

describe("the connection of the dynamic resources to Keycloak", () => {
  it("is a defect to use before the engine has configured it", () => {
    expect(adminApi).toThrow("before the engine configured them");
  });

  it("comes from the stack's configuration, with the defaults of the program", async () => {
    const values: Record<string, string> = {
      keycloak: JSON.stringify({ url, realm: "company", langfuseClient: "langfuse" }),
      keycloakAdminSecret: "hidden",
    };
    configure({ require: (key) => values[key] ?? "" });
    await adminApi().send(ask, z.unknown());
    expect(calls[0]).toBe(
      "POST /realms/master/protocol/openid-connect/token grant_type=client_credentials&client_id=admin-cli&client_secret=hidden",
    );
  });
});
