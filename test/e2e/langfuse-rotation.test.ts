import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { run, saidBy, stepsOf, writesOf } from "./langfuse-steps.ts";
import { worldOf } from "./langfuse-world.ts";

const HOUR = 3_600_000;
const service = { name: "chat", rotateEvery: "90d", overlap: "2h", deadline: "7d" };
const tenant = {
  organization: { name: "Company" },
  project: { name: "Assistant" },
  members: [{ email: "ann@example.com", role: "OWNER" }],
  services: [service],
  organizationKey: { rotateEvery: "90d", overlap: "2h", deadline: "7d" },
};

let ground: Ground;

beforeAll(async () => {
  ground = await prepareGround({ name: "rotation" });
  await ground.configure(tenant);
  await run(ground.stack.up());
});

afterAll(async () => {
  await ground?.stop();
});

async function up(): Promise<string[]> {
  ground.proxy.clear();
  const steps = stepsOf(await run(ground.stack.up()));
  return [...steps, ...writesOf(ground)];
}

/** A pair in use: it asks for something all the time, and notes what was refused. */
function user(path: string, pair: { publicKey: string; secretKey: string }) {
  let current = pair;
  let isOver = false;
  const asked = { accepted: 0, refused: [] as string[] };
  const work = async () => {
    while (!isOver) {
      const { publicKey, secretKey } = current;
      const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;
      const answer = await fetch(`${ground.url}${path}`, {
        headers: { authorization },
        signal: AbortSignal.timeout(60_000),
      });
      if (answer.ok) asked.accepted += 1;
      else asked.refused.push(`${publicKey}: ${answer.status}`);
      await sleep(20);
    }
    return asked;
  };
  const done = work();
  return {
    asked,
    /** Waits for a request that begins after this. */
    isUsedAgain: async () => {
      const before = asked.accepted;
      // The first one to be answered may have been under way already.
      await expect.poll(() => asked.accepted).toBeGreaterThan(before + 1);
    },
    /** What a service does whose pods were started anew. */
    take: (next: typeof pair) => {
      current = next;
    },
    stop: async () => {
      isOver = true;
      return await done;
    },
  };
}

/** The pairs that the stack has now: of its service and of the organization. */
async function pairs() {
  const outputs = await ground.stack.outputs({ showSecrets: true });
  const { publicKey, secretKey, servicePublicKey, serviceSecretKey } = outputs as Record<string, string>;
  const pair = (publicHalf = "", secretHalf = "") => ({ publicKey: publicHalf, secretKey: secretHalf });
  return { chat: pair(servicePublicKey, serviceSecretKey), sync: pair(publicKey, secretKey) };
}

describe("a rotation, with clients that use the keys all the time,", () => {
  const serviceKey = "update ProjectApiKey organization-chat-production-key";
  const organizationKey = "update OrganizationApiKey organization-sync-key";

  it("fails no request from its beginning to the end of the former pairs", async () => {
    const former = await pairs();
    const chat = user("/api/public/projects", former.chat);
    const sync = user("/api/public/organizations/memberships", former.sync);
    await ground.pass(91 * 24 * HOUR);
    expect(await up(), "both are old").toEqual([
      organizationKey,
      serviceKey,
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects/ID/apiKeys",
    ]);
    const next = await pairs();
    expect(next.chat.secretKey).not.toBe(former.chat.secretKey);
    expect(next.sync.secretKey).not.toBe(former.sync.secretKey);

    await ground.pass(3 * HOUR);
    // Or the server could not tell that their pairs are in use.
    await Promise.all([chat.isUsedAgain(), sync.isUsedAgain()]);
    if (ground.isNamed) console.warn("not tested: a pair in use goes on; the clock of a named server cannot be moved");
    else expect(await up(), "the former pairs are in use").toEqual([]);

    chat.take(next.chat);
    sync.take(next.sync);
    await ground.pass(3 * HOUR);
    const ended = ["DELETE admin/organizations/ID/apiKeys/ID", "DELETE public/projects/ID/apiKeys/ID"];
    expect(await up(), "the former pairs are idle").toEqual([organizationKey, serviceKey, ...ended]);
    await expect.poll(() => Math.min(chat.asked.accepted, sync.asked.accepted)).toBeGreaterThan(100);
    const asked = [await chat.stop(), await sync.stop()];
    expect(asked.flatMap(({ refused }) => refused)).toEqual([]);
    expect(await worldOf(ground)).toMatchObject({ keys: 1, projects: { Assistant: { keys: 1 } } });
  });

  it("follows a saved plan, and ends the former pairs at their deadline, although somebody still uses them", async () => {
    const former = await pairs();
    await ground.configure({
      ...tenant,
      services: [{ ...service, generation: 2 }],
      organizationKey: { ...tenant.organizationKey, generation: 2 },
    });
    const plan = path.join(ground.folder, "plan.json");
    const said = saidBy(await run(ground.stack.preview(["--save-plan", plan]))).split("\n");
    expect(said.filter((line) => !line.includes(plan)).join("\n")).toMatchSnapshot();
    await ground.pass(60_000);
    expect(stepsOf(await run(ground.stack.up(["--plan", plan])))).toEqual([organizationKey, serviceKey]);
    const chat = user("/api/public/projects", former.chat);
    await ground.pass(8 * 24 * HOUR);
    await chat.isUsedAgain();
    expect(chat.asked.refused).toEqual([]);
    expect(await up()).toEqual([
      organizationKey,
      serviceKey,
      "DELETE admin/organizations/ID/apiKeys/ID",
      "DELETE public/projects/ID/apiKeys/ID",
    ]);
    await chat.stop();
    expect(await worldOf(ground)).toMatchObject({ keys: 1, projects: { Assistant: { keys: 1 } } });
  });

  it("leaves what it opened refreshable and deletable, although the pair stored there has ended", async () => {
    const { organizationId } = await ground.stack.outputs();
    const client = await ground.client();
    const [ann] = await client.listMemberships();
    await client.updateScimUser(
      (await client.createScimUser({ userName: "bob@example.com", role: "OWNER" })).id,
      "OWNER",
    );
    await client.updateScimUser(ann?.userId ?? "", "VIEWER");
    const refreshed = await run(ground.stack.refresh());
    expect(refreshed.changes).toMatchObject({ update: 1 });
    await run(ground.stack.destroy());
    const organizations = await ground.admin.listOrganizations();
    expect(organizations.map(({ id }) => id)).not.toContain(organizationId);
  });
});
