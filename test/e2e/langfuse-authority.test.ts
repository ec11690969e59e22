import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import { companySecrets } from "#local/bed/company-stack.ts";
import { people } from "#local/keycloak/company.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { sharedBed } from "#test/bed.ts";
import { partStack } from "./part-stack.ts";

const owner = "exclusive-owner@example.com";

let bed: Bed;
let stack: Stack;
let client: LangfuseClient;
/** Everything the engine printed, for the search for secrets. */
let printed = "";

beforeAll(async () => {
  bed = await sharedBed();
  const folder = path.join(bed.folder, "authority");
  stack = await partStack({ name: "authority", folder, part: "langfuse", secrets: companySecrets(bed) });
  await configure({});
  await done(stack.up());
  const { publicKey, secretKey } = await stack.outputs({ showSecrets: true });
  client = createLangfuseClient({ url: bed.langfuse.url, publicKey: String(publicKey), secretKey: String(secretKey) });
});

afterAll(async () => {
  await stack?.destroy();
});

const configure = (changes: object) =>
  stack.configure({
    keycloak: { url: bed.keycloak.url, realm: bed.realm, admin: { username: bed.keycloak.adminUsername } },
    langfuse: {
      url: bed.langfuse.url,
      organization: { name: "Exclusive" },
      project: { name: "Assistant" },
      members: [{ email: owner, role: "OWNER" }],
      ...changes,
    },
  });

async function done(operation: ReturnType<Stack["up"]>) {
  const outcome = await operation;
  printed += outcome.output;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

const join = async (...emails: string[]) => {
  for (const userName of emails) await client.createScimUser({ userName, role: "MEMBER" });
};
const members = async () => (await client.listMemberships()).map(({ email }) => email).toSorted();

describe("an organization in which nobody is a member unasked", () => {
  it("shows in the preview who has to leave, and lets nobody leave whom Keycloak knows", async () => {
    await join("guest@elsewhere.example", people.direct.email);
    await configure({ authority: "exclusive" });
    const preview = await done(stack.preview());
    expect(preview.output).toContain("guest@elsewhere.example");
    expect(await members()).toContain("guest@elsewhere.example");
    await done(stack.up());
    expect(await members()).toEqual([people.direct.email, owner].toSorted());
  });

  it("says of somebody who came later, in a person's words, that they are removed", async () => {
    await join("late@elsewhere.example");
    const { output, changes } = await done(stack.preview(["--refresh"]));
    expect(output).toContain("late@elsewhere.example: MEMBER → removed from Exclusive");
    expect(changes).toEqual({ same: expect.any(Number), update: 1 });
    expect((await done(stack.up())).changes).toMatchObject({ update: 1 });
    expect(await members()).toEqual([people.direct.email, owner].toSorted());
  });

  it("removes nobody when there are too many, until exactly they are approved", async () => {
    const guests = ["a", "b", "c", "d"].map((name) => `${name}@elsewhere.example`);
    await join(...guests);
    const { exitCode, output } = await stack.up();
    printed += output;
    expect(exitCode).not.toBe(0);
    const [, fingerprint = ""] = /set langfuse\.approvedRemovals to ([0-9a-f]{12})/.exec(output) ?? [];
    expect(output).toMatch(/4 of 6 members are neither declared nor in Keycloak, and one update may remove 3/);
    expect(await members()).toEqual([...guests, people.direct.email, owner].toSorted());
    await configure({ authority: "exclusive", approvedRemovals: fingerprint });
    await done(stack.up());
    expect(await members()).toEqual([people.direct.email, owner].toSorted());
  });

  it("keeps the secrets of both servers out of state and output", async () => {
    const { secretKey } = await stack.outputs({ showSecrets: true });
    const state = await stack.export();
    for (const secret of [String(secretKey), ...Object.values(companySecrets(bed))]) {
      expect(state.includes(secret)).toBe(false);
      expect(printed.includes(secret)).toBe(false);
    }
  });
});
