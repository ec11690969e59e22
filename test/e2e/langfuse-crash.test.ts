import { afterAll, beforeAll, describe, it } from "vitest";
import type { OrganizationRequest } from "./langfuse-barrier.ts";
import { Companies, isAboutAll, type Stop } from "./langfuse-companies.ts";
import type { World } from "./langfuse-world.ts";

const bob = { email: "bob@example.com" };
const service = { name: "chat" };
const main = { projects: [{ name: "Staging" }] };

/** What each organization of a stack is one after the other: made, changed, and changed and rotated. */
const stages = {
  made: {
    ...{ ...main, project: { name: "Assistant" }, services: [service] },
    members: [{ ...bob, role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] }],
  },
  changed: {
    ...{ ...main, project: { name: "Helper" }, services: [{ ...service, generation: 2 }] },
    organizationKey: { generation: 2 },
    members: [
      { ...bob, role: "ADMIN", projectRoles: [{ project: "Staging", role: "MEMBER" }] },
      { email: "eve@example.com", role: "VIEWER" },
    ],
  },
  rotated: {
    ...{ ...main, project: { name: "Assistant" }, services: [{ ...service, generation: 3 }] },
    organizationKey: { generation: 3 },
    members: [{ ...bob, role: "VIEWER", projectRoles: [{ project: "Assistant", role: "NONE" }] }],
  },
};
type Stage = keyof typeof stages;
const life = Object.keys(stages) as Stage[];

/** The second and third pairs come beside the former ones, of which the first has ended when the third comes. */
const worlds: Readonly<Record<Stage, World>> = {
  made: {
    keys: 1,
    members: { "bob@example.com": "MEMBER" },
    projects: { Assistant: { keys: 1, roles: {} }, Staging: { keys: 0, roles: { "bob@example.com": "ADMIN" } } },
  },
  changed: {
    keys: 2,
    members: { "bob@example.com": "ADMIN", "eve@example.com": "VIEWER" },
    projects: { Helper: { keys: 2, roles: {} }, Staging: { keys: 0, roles: { "bob@example.com": "MEMBER" } } },
  },
  rotated: {
    keys: 2,
    members: { "bob@example.com": "VIEWER" },
    projects: { Assistant: { keys: 2, roles: { "bob@example.com": "NONE" } }, Staging: { keys: 0, roles: {} } },
  },
};
/** Longer than a former pair lives. */
const DEADLINE = 8 * 24 * 3_600_000;

/**
 * Every request is a place to stop: a write before and after it, and a read, which leaves the server as it was, while its
 * answer is on its way. Reads are shared out, and come behind the writes.
 */
function stopsOf(requests: readonly OrganizationRequest[]): Stop[] {
  // An organization is asked for again until its projects are gone, and each one asks for all; how often differs.
  const isAgain = ({ line, nth }: OrganizationRequest) => / admin\/organizations(\/ID)?$/.test(line) && nth > 0;
  const once = requests.filter((request) => !isAgain(request)).map(({ line, nth }) => ({ line, nth }));
  const reads = once.filter(({ line }) => line.startsWith("GET "));
  const writes = once.filter((request) => !reads.includes(request));
  return [
    ...writes.flatMap((write) => [{ ...write, when: "before" } as const, { ...write, when: "after" } as const]),
    ...reads.map((read, index) => ({ ...read, when: index % 2 === 0 ? "before" : "after" }) as const),
  ];
}

/**
 * What can be held in one run, each group after the other. No organization gets beyond the list of all; the engine waits
 * for one check of inputs before it looks at anything else, and removes a member when all else is done.
 */
function phasesOf(stops: readonly Stop[]): Stop[][] {
  const isCheck = ({ line }: Stop) => line === "GET public/projects/entitlement-probe/memberships";
  const isRemoval = ({ line }: Stop) => line === "DELETE public/scim/Users/ID";
  const isOther = (stop: Stop) => [isAboutAll, isCheck, isRemoval].every((isSpecial) => !isSpecial(stop));
  return [isAboutAll, isOther, isCheck, isRemoval]
    .map((belongs) => stops.filter(belongs))
    .filter((phase) => phase.length > 0);
}

/**
 * In the same way a destroy ends with one kind of resource everywhere before it begins with the next: the keys of services,
 * projects, the organizations' own keys, and they themselves. The pair stored with one of the projects has ended, so that
 * it is deleted with a spare one.
 */
function levelsOf(stops: readonly Stop[]): Stop[][] {
  const {
    services = [],
    projects = [],
    keys = [],
    organizations = [],
  } = Object.groupBy(stops, ({ line }) => {
    if (line.includes("public/projects/ID/apiKeys")) return "services";
    if (line.endsWith(" admin/organizations/ID")) return "organizations";
    return line.startsWith("DELETE public/projects") || line.endsWith(" (spare)") ? "projects" : "keys";
  });
  return [services, projects, keys, organizations].filter((level) => level.length > 0);
}

const longest = (phases: readonly Stop[][]) => phases.toSorted((left, right) => right.length - left.length)[0] ?? [];

const prepared: Companies[] = [];
/** Every place to stop, from a life without any. */
let stops: Readonly<Record<Stage | "destroyed", readonly Stop[]>>;

async function prepare(name: string, size: number): Promise<Companies> {
  const companies = await Companies.prepare(name, size);
  prepared.push(companies);
  return companies;
}

/** Declares what comes next in the life of the organizations, when its time has come. */
async function enter(companies: Companies, stage: Stage): Promise<void> {
  if (stage === "rotated") await companies.pass(DEADLINE);
  await companies.configure(stages[stage], (name) => (stage === "changed" ? `${name} renamed` : name));
}

beforeAll(async () => {
  const witness = await prepare("crash-none", 1);
  const stopsIn = async (stage: Stage) => {
    await enter(witness, stage);
    return stopsOf(await witness.requestsOf("up"));
  };
  stops = {
    made: await stopsIn("made"),
    changed: await stopsIn("changed"),
    rotated: await stopsIn("rotated"),
    destroyed: stopsOf(await witness.requestsOf("destroy")),
  };
});

afterAll(async () => {
  for (const companies of prepared) await companies.stop();
});

describe.concurrent("the next run converges, with no orphan key, no duplicate organization and no lost member,", () => {
  // The engine writes the whole state at every step, which makes twice the organizations four times as dear.
  it.each(["before", "after"])(
    "when all processes are killed at any request of up and destroy, %s the server has acted on it",
    async (when) => {
      const own = (all: readonly Stop[]) => all.filter((stop) => stop.when === when);
      const phases = life.map((stage) => [stage, phasesOf(own(stops[stage]))] as const);
      const size = Math.max(...phases.flatMap(([, ofStage]) => ofStage.map((phase) => phase.length)));
      const companies = await prepare(`crash-${when}`, size);
      for (const [stage, ofStage] of phases) {
        await enter(companies, stage);
        for (const phase of ofStage) await companies.interrupt("up", phase, "kill");
        await companies.converge(worlds[stage], longest(ofStage));
      }
      for (const level of levelsOf(own(stops.destroyed))) await companies.interrupt("destroy", level, "kill");
      await companies.destroy();
    },
  );

  it("when the answer to any request is lost", async () => {
    const lost = (all: readonly Stop[]) => all.filter(({ line, when }) => line.startsWith("POST ") && when === "after");
    const companies = await prepare("crash-lost", Math.max(...life.map((stage) => lost(stops[stage]).length)));
    for (const stage of life) {
      await enter(companies, stage);
      await companies.interrupt("up", lost(stops[stage]), "lose");
      await companies.loseAnswers("up");
      await companies.expectAll(worlds[stage], lost(stops[stage]));
    }
    await companies.interrupt("destroy", lost(stops.destroyed), "lose");
    await companies.loseAnswers("destroy");
    await companies.destroy();
  });
});
