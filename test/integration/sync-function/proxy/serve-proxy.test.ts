import { once } from "node:events";
import { createServer } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { expect, it } from "vitest";
import { Authority } from "#local/kubernetes/certificate.ts";
import { serveProxy } from "#test/serve-proxy.ts";
import { environmentFor, runCommand } from "../command-line.ts";

const nowhere = { url: "http://127.0.0.1:1" };

it("says which port it cannot have, and contacts nobody", async () => {
  const taken = createServer().listen(0);
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const environment = { ...environmentFor(nowhere, nowhere), PROXY_PORT: `${port}`, PROXY_OPERATIONS_PORT: "0" };
  const { exitCode, complaints } = await runCommand(["serve", "proxy"], environment);
  taken.close();
  expect(exitCode).toBe(64);
  expect(complaints).toMatch(new RegExp(`^PROXY_PORT is ${port}, which cannot be had \\(.*\\); use another port$`));
});

it("answers the cluster on a port of its own, until it is told to stop", async () => {
  const proxy = await serveProxy(environmentFor(nowhere, nowhere));
  const asked = async (path: string, method = "GET") => {
    const answer = await fetch(`${proxy.operationsUrl}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  expect(await asked("/healthz")).toEqual([200, "ok\n"]);
  expect(await asked("/readyz")).toEqual([200, "ok\n"]);
  expect((await fetch(`${proxy.url}/healthz`)).status).toBe(502);
  expect(await asked("/metrics")).toEqual([
    200,
    expect.stringMatching(/^langfuse_proxy_requests_total\{status="502"\} 1$/m),
  ]);
  expect(await asked("/else")).toEqual([404, "not found\n"]);
  expect(await asked("/readyz", "POST")).toEqual([405, "use GET\n"]);
  expect(await proxy.stop()).toBe(0);
  await expect(asked("/healthz")).rejects.toThrow();
});

it("reaches Langfuse by TLS under the name of its own address, and believes no other name", async () => {
  const authority = new Authority("the company");
  const { certificate: cert, key } = authority.issue({ commonName: "langfuse", names: ["localhost"] });
  const langfuse = https.createServer({ cert, key }, (request, response) => response.end(request.headers.host));
  await once(langfuse.listen(0), "listening");
  const { port } = langfuse.address() as AddressInfo;
  const trusted = tls.getCACertificates();
  tls.setDefaultCACertificates([...trusted, authority.certificate]);
  try {
    const statuses: number[] = [];
    for (const host of ["localhost", "127.0.0.1"]) {
      const langfuseUrl = { url: `https://${host}:${port}` };
      const proxy = await serveProxy(environmentFor(nowhere, langfuseUrl));
      const answer = await fetch(proxy.url);
      statuses.push(answer.status);
      // The browser's host is handed on, and is not what the certificate has to stand for.
      if (answer.ok) expect(await answer.text()).toBe(new URL(proxy.url).host);
      await proxy.stop();
    }
    expect(statuses).toEqual([200, 502]);
  } finally {
    tls.setDefaultCACertificates(trusted);
    langfuse.close();
  }
});
