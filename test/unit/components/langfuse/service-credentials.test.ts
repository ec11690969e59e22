import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  checksumOf,
  ServiceCredentials,
  type ServiceCredentialsArgs,
} from "#components/langfuse/service-credentials.ts";
import { decoded, deploy, find, isSecretInput, resolved } from "../deployment.ts";

const url = "http://langfuse.tools:3000";

const declare = (namespace?: string, verify?: ServiceCredentialsArgs["verify"]) =>
  deploy(
    () =>
      new ServiceCredentials("langfuse-chat-production", {
        namespace: "langfuse-access",
        url,
        ...(verify ? { verify } : {}),
        key: {
          service: "chat",
          environment: "production",
          namespace,
          secretName: "langfuse-chat-production",
          organizationId: pulumi.output("o1"),
          projectId: pulumi.output("p1"),
          publicKey: pulumi.output("pk-lf-2"),
          secretKey: pulumi.secret("sk-lf-2"),
        },
      }),
  );

describe("the credentials of a service", () => {
  it("have the names that the SDKs read", async () => {
    const { resources } = await declare();
    const { inputs } = find(resources, "Secret");
    expect(decoded(inputs.data)).toEqual({
      LANGFUSE_PUBLIC_KEY: "pk-lf-2",
      LANGFUSE_SECRET_KEY: "sk-lf-2",
      LANGFUSE_PROJECT_ID: "p1",
      LANGFUSE_HOST: url,
      LANGFUSE_BASE_URL: url,
    });
    expect(inputs.metadata).toMatchObject({ name: "langfuse-chat-production", namespace: "langfuse-access" });
  });

  it("are in the service's own namespace when it has one", async () => {
    const { resources } = await declare("chat");
    expect(find(resources, "Secret").inputs.metadata).toMatchObject({ namespace: "chat" });
  });

  it("are looked at before anybody gets them", async () => {
    const seen: unknown[] = [];
    const { resources } = await declare(undefined, async (key) => seen.push(key));
    expect(seen).toEqual([{ publicKey: "pk-lf-2", secretKey: "sk-lf-2", projectId: "p1", organizationId: "o1" }]);
    const { data } = find(resources, "Secret").inputs;
    expect(isSecretInput(data)).toBe(true);
    expect(decoded(data)).toMatchObject({ LANGFUSE_SECRET_KEY: "sk-lf-2" });
  });

  it("carry a checksum that changes with the key and does not hold it", async () => {
    const { result } = await declare();
    const checksum = await resolved(result.checksum);
    expect(checksum).toMatch(/^[0-9a-f]{16}$/);
    expect(checksum).not.toBe(checksumOf("pk-lf-3", url));
    expect(checksum).not.toBe(checksumOf("pk-lf-2", "http://elsewhere"));
  });

  it("are read under those names by the documented example", async () => {
    const text = await readFile(new URL("../../../../docs/langfuse-resources.md", import.meta.url), "utf8");
    expect(text).toContain("langfuse-access/checksum");
    expect(text).toContain("LANGFUSE_BASE_URL");
  });
});
