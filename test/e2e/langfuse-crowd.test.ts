import { afterAll, beforeAll, expect, it } from "vitest";
import type { Outcome } from "#local/pulumi/stack.ts";
import { withoutCheckpoints } from "./checkpoints.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";

const size = 500;
const tenant = { organization: { name: "Company" }, project: { name: "Assistant" } };
const crowd = Array.from({ length: size }, (_, index) => ({ email: `person-${index}@example.com`, role: "VIEWER" }));

let ground: Ground;

beforeAll(async () => {
  ground = await prepareGround({ name: "crowd", environment: withoutCheckpoints });
});

afterAll(async () => {
  await ground?.stop();
});

it("500 memberships read the list of members at most twice in any operation, each within a minute", async () => {
  const measured = async (operation: () => Promise<Outcome>) => {
    ground.proxy.clear();
    const started = performance.now();
    const { exitCode, output, changes } = await operation();
    expect(exitCode, output.slice(-2000)).toBe(0);
    const lists = ground.proxy.requests.filter(
      ({ method, path }) => method === "GET" && path === "/api/public/organizations/memberships",
    );
    expect(lists.length).toBeLessThanOrEqual(2);
    expect(performance.now() - started).toBeLessThan(60_000);
    return changes;
  };
  await ground.configure({ ...tenant, members: crowd });
  expect(await measured(() => ground.stack.up())).toEqual({ create: size + 6 });
  expect(await measured(() => ground.stack.preview())).toEqual({ same: size + 6 });
  expect(await measured(() => ground.stack.refresh())).toEqual({ same: size + 6 });
  const changed = [{ email: "person-0@example.com", role: "MEMBER" }, ...crowd.slice(1)];
  await ground.configure({ ...tenant, members: changed });
  expect(await measured(() => ground.stack.up())).toEqual({ same: size + 5, update: 1 });
  const members = await (await ground.client()).listMemberships();
  expect(members.filter(({ role }) => role === "MEMBER").map(({ email }) => email)).toEqual(["person-0@example.com"]);
  expect(members).toHaveLength(size);
});
