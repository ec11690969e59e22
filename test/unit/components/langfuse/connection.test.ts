import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import {
  adminClient,
  clientOf,
  configure,
  entitle,
  memberLists,
  organizationClient,
  remember,
  titleOf,
} from "#components/langfuse/connection.ts";
import { withRemedy } from "#components/langfuse/refused-key.ts";
import { messageOf } from "#sync/errors.ts";
import { refusal } from "../answers.ts";

describe("the connection of the dynamic resources to Langfuse", () => {
  const key = (name: string) => ({ publicKey: `pk-lf-${name}`, secretKey: `sk-lf-${name}` });
  const values = (url: string): Record<string, string> => ({
    langfuse: JSON.stringify({ url, organization: { name: "Company" } }),
    langfuseAdminApiKey: "hidden",
  });
  const configured = (url: string) =>
    configure({ get: (name) => values(url)[name], require: (name) => values(url)[name] ?? "" });

  it("is a defect to use before the engine has configured it", async () => {
    // Other tests of this process have configured theirs.
    const another = new URL("../../../../components/langfuse/connection.ts?another", import.meta.url).href;
    const connection = (await import(another)) as typeof import("#components/langfuse/connection.ts");
    expect(connection.adminClient).toThrow("before the engine configured them");
    expect(() => connection.organizationClient("o1", key("1"))).toThrow("before the engine configured them");
  });

  it("is one for all resources of a key, however many kinds of them configure it", () => {
    configured("https://langfuse.example.com");
    const known = [adminClient(), clientOf(key("1")), memberLists("o1")];
    configured("https://langfuse.example.com");
    expect([adminClient(), clientOf(key("1")), memberLists("o1")]).toEqual(known);
    expect(clientOf(key("1"))).toBe(known[1]);
    expect(clientOf(key("2"))).not.toBe(known[1]);
  });

  it("forgets what it knows of one server when it is told another", () => {
    const known = [adminClient(), clientOf(key("1")), memberLists("o1")];
    entitle("o1", "Company");
    expect(titleOf("o1")).toBe("Company");
    configured("https://other.example.com");
    expect(adminClient()).not.toBe(known[0]);
    expect(clientOf(key("1"))).not.toBe(known[1]);
    expect(memberLists("o1")).not.toBe(known[2]);
    expect(titleOf("o1")).toBe("o1");
  });

  it("says what to do when every pair of an organization is refused", async () => {
    const server = createServer((_request, response) => void response.writeHead(401).end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    configured(`http://127.0.0.1:${port}`);
    remember("o1", key("1"));
    const message = await organizationClient("o1", key("1")).listProjects().catch(messageOf);
    server.close();
    expect(message).toMatch(/^o1: .*401.*; where the organization or its key was deleted.* `pulumi refresh`/);
    expect(withRemedy(refusal(401), "Company", false).message).toMatch(/set langfuseOrganizationPublicKey and/);
  });
});
