import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { sharedBed } from "#test/bed.ts";
import { partStack } from "./part-stack.ts";

const namespace = "server-secrets-test";
const installation = {
  NEXTAUTH_SECRET: "session-secret-of-the-installation",
  SALT: "salt-of-the-installation",
  ENCRYPTION_KEY: "5a".repeat(32),
};
const existingSecret = { name: "langfuse-secrets" };

let bed: Bed;
let stack: Stack;
/** Everything the engine printed, for the search for secrets. */
let printed = "";

beforeAll(async () => {
  bed = await sharedBed();
  await bed.cluster.kubectl(["create", "namespace", namespace]);
  const literals = Object.entries(installation).map(([key, value]) => `--from-literal=${key}=${value}`);
  await bed.cluster.kubectl(["create", "secret", "generic", "langfuse-secrets", "--namespace", namespace, ...literals]);
  const folder = path.join(bed.folder, "server-secrets");
  stack = await partStack({ name: "server-secrets", folder, part: "server-secrets" });
});

afterAll(async () => {
  await stack?.destroy();
  await bed?.cluster.kubectl(["delete", "namespace", namespace, "--wait=false"]);
});

const configure = (server: object) => stack.configure({ server, kubeconfig: bed.cluster.kubeconfig, namespace });

async function up(server: object) {
  await configure(server);
  const outcome = await stack.up();
  printed += outcome.output;
  return outcome;
}

async function inCluster(): Promise<Record<string, string>> {
  const answer = await bed.cluster.kubectl([
    "get",
    "secret",
    "langfuse-secrets",
    "--namespace",
    namespace,
    "-o",
    "json",
  ]);
  const { data } = JSON.parse(answer) as { data: Record<string, string> };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

describe("the secrets of an installation that was there before", () => {
  it("are not overwritten: Kubernetes refuses, and names what is in the way", async () => {
    const { exitCode, output } = await up({});
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/conflict/i);
    expect(output).toMatch(/\.data\.SALT/);
    expect(await inCluster()).toEqual(installation);
  });

  it("are not taken silently in the place of those that the failed update made", async () => {
    const { exitCode, output } = await up({ existingSecret });
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/(SALT|ENCRYPTION_KEY|NEXTAUTH_SECRET) would change.*replaceKept/s);
    expect(await inCluster()).toEqual(installation);
  });

  it("are taken over when that is asked for, and then kept without being named", async () => {
    const taking = await up({ existingSecret: { ...existingSecret, replaceKept: true } });
    expect(taking.exitCode, taking.output).toBe(0);
    expect(await inCluster()).toEqual(installation);
    const keeping = await up({});
    expect(keeping.exitCode, keeping.output).toBe(0);
    // The Secret is not looked at any more.
    expect(Object.keys(keeping.changes).toSorted()).toEqual(["discard", "same"]);
    expect(await inCluster()).toEqual(installation);
  });

  it("end every session with the next generation, change nothing else, and make the chart start new pods", async () => {
    const before = await stack.outputs();
    const { exitCode, output } = await up({ sessions: { generation: 2 } });
    expect(exitCode, output).toBe(0);
    const { NEXTAUTH_SECRET: session = "", ...rest } = await inCluster();
    expect(rest).toEqual({ SALT: installation.SALT, ENCRYPTION_KEY: installation.ENCRYPTION_KEY });
    expect(session).toMatch(/^[A-Za-z0-9]{48}$/);
    const after = await stack.outputs();
    expect(after.checksum).not.toBe(before.checksum);
    expect(after.helmValues).toMatchObject({
      langfuse: { pod: { annotations: { "langfuse-access/checksum": after.checksum } } },
    });
    const back = await up({ sessions: { generation: 1 } });
    expect(back.exitCode).not.toBe(0);
    expect(back.output).toContain("cannot go back to 1");
    expect((await inCluster()).NEXTAUTH_SECRET).toBe(session);
    const again = await up({ sessions: { generation: 2 } });
    expect(again.exitCode, again.output).toBe(0);
    expect((await inCluster()).NEXTAUTH_SECRET).toBe(session);
  });

  it("are in no plain state and in nothing that is printed", async () => {
    const state = await stack.export();
    for (const secret of [...Object.values(installation), ...Object.values(await inCluster())]) {
      for (const form of [secret, Buffer.from(secret).toString("base64")]) {
        expect(state.includes(form)).toBe(false);
        expect(printed.includes(form)).toBe(false);
      }
    }
  });
});
