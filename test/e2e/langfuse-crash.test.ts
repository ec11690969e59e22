import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { organizationsOf, worldOf } from "./langfuse-world.ts";

const tenant = {
  organization: { name: "Company" },
  project: { name: "Assistant" },
  projects: [{ name: "Staging" }],
  members: [
    { email: "ann@example.com", role: "OWNER" },
    { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] },
  ],
  services: [{ name: "chat" }],
};
const whole = {
  keys: 1,
  members: { "ann@example.com": "OWNER", "bob@example.com": "MEMBER" },
  projects: {
    Assistant: { keys: 1, roles: {} },
    Staging: { keys: 0, roles: { "bob@example.com": "ADMIN" } },
  },
};

/**
 * Requests of an `up` that makes everything, of a `destroy`, which may repeat some of them until Langfuse has deleted the
 * projects, and among the former those that a client cannot repeat.
 */
const COUNTS = { up: 15, destroy: 8, creations: 7 };
/** Stacks beside each other: the engine mostly waits for processes that start. */
const LANES = ["crash-1", "crash-2"];

const free: Ground[] = [];
const grounds: Ground[] = [];
const waiting: ((ground: Ground) => void)[] = [];

beforeAll(async () => {
  for (const name of LANES) grounds.push(await prepareGround({ name }));
  for (const ground of grounds) await ground.configure(tenant);
  free.push(...grounds);
});

afterAll(async () => {
  for (const ground of grounds) await ground.stop();
});

/** Runs a case on a stack that no other case is using. */
async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const ground = free.pop() ?? (await new Promise<Ground>((resolve) => waiting.push(resolve)));
  try {
    await work(ground);
  } finally {
    ground.proxy.clear();
    const next = waiting.shift();
    if (next) next(ground);
    else free.push(ground);
  }
}

/** The operation dies with all its processes when the server has acted on the request at this position. */
async function killed(ground: Ground, operation: "up" | "destroy", position: number): Promise<void> {
  let struck = 0;
  const strike = async () => {
    struck += 1;
    await ground.stack.kill();
  };
  ground.proxy.inject({ fault: { kind: "cut", when: "after", struck: strike }, position });
  await ground.stack[operation]();
  expect(struck, "the process was killed").toBe(1);
  ground.proxy.clear();
  await ground.stack.recover();
}

async function expectWhole(ground: Ground): Promise<void> {
  const up = await ground.stack.up();
  expect(up.exitCode, up.output).toBe(0);
  expect(await worldOf(ground)).toEqual(whole);
  const { organizationId } = await ground.stack.outputs();
  expect((await organizationsOf(ground, ground.name)).map(({ id }) => id)).toEqual([organizationId]);
}

async function expectNothing(ground: Ground): Promise<void> {
  const destroy = await ground.stack.destroy();
  expect(destroy.exitCode, destroy.output).toBe(0);
  expect(await organizationsOf(ground, ground.name)).toEqual([]);
}

const positions = (count: number) => Array.from({ length: count }, (_, position) => position);

describe.concurrent("the next run converges, with no orphan key, no duplicate organization and no lost member,", () => {
  it("and the table has every request", () =>
    onGround(async (ground) => {
      await expectWhole(ground);
      const { requests } = ground.proxy;
      expect(requests).toHaveLength(COUNTS.up);
      expect(requests.filter(({ method }) => method === "POST")).toHaveLength(COUNTS.creations);
      ground.proxy.clear();
      await expectNothing(ground);
      expect(new Set(requests.map(({ method, path }) => `${method} ${path}`)).size).toBe(COUNTS.destroy);
    }));

  it.each(positions(COUNTS.up))("when up is killed at request %i, and destroy at its own", (position) =>
    onGround(async (ground) => {
      await killed(ground, "up", position);
      await expectWhole(ground);
      if (position < COUNTS.destroy) await killed(ground, "destroy", position);
      await expectNothing(ground);
    }),
  );

  it.each(positions(COUNTS.creations))("when the answer to creation %i is lost", (position) =>
    onGround(async (ground) => {
      let struck = 0;
      const strike = () => {
        struck += 1;
      };
      const isCreation = ({ method }: { method: string }) => method === "POST";
      ground.proxy.inject({ fault: { kind: "cut", when: "after", struck: strike }, matches: isCreation, position });
      await ground.stack.up();
      expect(struck, "the answer was lost").toBe(1);
      ground.proxy.clear();
      await expectWhole(ground);
      // What can be repeated is repeated within the run: each answer is lost once, and nobody notices.
      ground.proxy.inject({ fault: { kind: "cut", when: "after", struck: strike }, matches: firstOfEach() });
      await expectNothing(ground);
      expect(struck).toBeGreaterThan(1);
    }),
  );
});

/** The first time that a request of this line comes. */
function firstOfEach(): (request: { method: string; path: string }) => boolean {
  const seen = new Set<string>();
  return ({ method, path }) => {
    const line = `${method} ${path}`;
    return !seen.has(line) && seen.add(line).size > 0;
  };
}
