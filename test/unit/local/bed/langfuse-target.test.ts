import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namedTarget, signInProvider } from "#local/bed/langfuse-target.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-target-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const complete = {
  url: "http://127.0.0.1:3000//",
  orgId: "o1",
  orgPublicKey: "pk-lf-1",
  orgSecretKey: "sk-lf-hidden",
};

async function read(text: string) {
  const file = path.join(folder, "target.json");
  await writeFile(file, text);
  return await namedTarget({ LANGFUSE_TARGET: file });
}

describe("the named target", () => {
  it("is none without the variable", async () => {
    expect(await namedTarget({})).toBeUndefined();
    expect(await namedTarget({ LANGFUSE_TARGET: "" })).toBeUndefined();
  });

  it("has its address without closing slashes and the enterprise plan by default", async () => {
    expect(await read(JSON.stringify({ ...complete, more: 1 }))).toEqual({
      ...complete,
      url: "http://127.0.0.1:3000",
      plan: "enterprise",
    });
  });

  it.each([
    [
      "keys are missing",
      JSON.stringify({ url: complete.url, orgSecretKey: complete.orgSecretKey }),
      /\norgId: .*\norgPublicKey: /,
    ],
    ["the address is none", JSON.stringify({ ...complete, url: "langfuse" }), /\nurl: Invalid URL$/],
    ["the file is no JSON", '{"orgSecretKey": "sk-lf-hidden", oops', /is not a target:\n.*object/],
  ])("is refused by file and key when %s, without its secrets", async (_title, text, message) => {
    const refusal = await read(text).catch((error: Error) => error.message);
    expect(refusal).toMatch(/^LANGFUSE_TARGET=.*target\.json is not a target:\n/);
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain("hidden");
  });
});

describe("the provider that a Langfuse sends people to", () => {
  /** A Langfuse whose sign-in answers this address. */
  async function langfuse(answer: (base: string) => string) {
    const server = createServer((request, response) => {
      const isCsrf = request.url === "/api/auth/csrf";
      const body = isCsrf ? { csrfToken: "t" } : { url: answer(`http://${request.headers.host}`) };
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      return await signInProvider(`http://127.0.0.1:${port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("is the realm and the client of its first redirection", async () => {
    const begun =
      "https://keycloak.example.com/auth/realms/company/protocol/openid-connect/auth?client_id=langfuse&state=x";
    expect(await langfuse(() => begun)).toEqual({
      issuer: "https://keycloak.example.com/auth/realms/company",
      clientId: "langfuse",
    });
  });

  it.each([
    ["it has no Keycloak", (base: string) => `${base}/api/auth/signin?csrf=true`],
    ["it sends people elsewhere", () => "https://login.example.com/authorize?client_id=langfuse"],
  ])("is none when %s", async (_title, answer) => {
    expect(await langfuse(answer)).toBeUndefined();
  });

  it("is what the environment tells, of a server that cannot tell yet", async () => {
    const told = (issuer: string) => signInProvider("http://127.0.0.1:1", { LANGFUSE_OIDC_ISSUER: issuer });
    const issuer = "http://127.0.0.1:8080/realms/company";
    expect(await told(`${issuer}/`)).toEqual({ issuer, clientId: "langfuse" });
    await expect(told("company")).rejects.toThrow('LANGFUSE_OIDC_ISSUER is "company"');
  });
});
