import { afterAll, beforeAll, describe, it } from "vitest";
import type { OrganizationRequest } from "./langfuse-barrier.ts";
import { Companies, type Stop } from "./langfuse-companies.ts";
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
 * Every write is a place to stop, before and after it. A read leaves the server as it was: a run that dies at one is a run
 * that dies before the next write.
 */
function stopsOf(requests: readonly OrganizationRequest[]): Stop[] {
  // An organization is asked for again until its projects are gone; how often depends on the server.
  const isAgain = ({ line, nth }: OrganizationRequest) => line === "DELETE admin/organizations/ID" && nth > 0;
  const writes = requests.filter((request) => !request.line.startsWith("GET ") && !isAgain(request));
  return writes.flatMap(({ line, nth }) => [
    { line, nth, when: "before" },
    { line, nth, when: "after" },
  ]);
}

/** The engine removes a member when all else is done, and so never while another organization is held. */
const isLate = ({ line }: Stop) => line === "DELETE public/scim/Users/ID";

/**
 * In the same way a destroy ends with one kind of resource everywhere before it begins with the next: the keys of services,
 * projects, the organizations' own keys, and they themselves. The pair stored with one of the projects has ended, so that
 * it is deleted with a pair made for that, the first of the organization's keys to go.
 */
function levelsOf(stops: readonly Stop[]): Stop[][] {
  const isOwnKey = ({ line, nth }: Stop) => line === "DELETE admin/organizations/ID/apiKeys/ID" && nth > 0;
  const levels = Object.groupBy(stops, (stop) => {
    if (stop.line.startsWith("DELETE public/projects/ID/apiKeys/")) return "services";
    if (stop.line === "DELETE admin/organizations/ID") return "organizations";
    return isOwnKey(stop) ? "keys" : "projects";
  });
  const { services = [], projects = [], keys = [], organizations = [] } = levels;
  return [services, projects, keys.map((stop) => ({ ...stop, nth: stop.nth - 1 })), organizations];
}

const prepared: Companies[] = [];
/** Every place to stop, from a life without any. */
let stops: Readonly<Record<"made" | "rotated" | "destroyed", readonly Stop[]>>;

async function prepare(name: string, size: number): Promise<Companies> {
  const companies = await Companies.prepare(name, size);
  prepared.push(companies);
  return companies;
}

const declare = (companies: Companies, stage: Stage) =>
  companies.configure(stages[stage], (name) => (stage === "changed" ? `${name} renamed` : name));

beforeAll(async () => {
  const witness = await prepare("crash-none", 1);
  await declare(witness, "made");
  const made = await witness.requestsOf("up");
  await declare(witness, "changed");
  await witness.converge(worlds.changed);
  await witness.pass(DEADLINE);
  await declare(witness, "rotated");
  const rotated = await witness.requestsOf("up");
  const destroyed = await witness.requestsOf("destroy");
  stops = { made: stopsOf(made), rotated: stopsOf(rotated), destroyed: stopsOf(destroyed) };
});

afterAll(async () => {
  for (const companies of prepared) await companies.stop();
});

/** A dozen runs of the engine, beside two other tests and whatever else the machine does. */
const PATIENCE = { timeout: 480_000 };

describe.concurrent(
  "the next run converges, with no orphan key, no duplicate organization and no lost member,",
  PATIENCE,
  () => {
    it.each(["before", "after"])("when all processes are killed %s any write of up and destroy", async (when) => {
      const own = (all: readonly Stop[]) => all.filter((stop) => stop.when === when);
      const [made, rotated] = [own(stops.made), own(stops.rotated)];
      const early = rotated.filter((stop) => !isLate(stop));
      const companies = await prepare(`crash-${when}`, Math.max(made.length, early.length));
      await declare(companies, "made");
      await companies.interrupt("up", made, "kill");
      await companies.converge(worlds.made, made);
      await declare(companies, "changed");
      await companies.converge(worlds.changed);
      await companies.pass(DEADLINE);
      await declare(companies, "rotated");
      await companies.interrupt("up", early, "kill");
      await companies.interrupt("up", rotated.filter(isLate), "kill");
      await companies.converge(worlds.rotated, early);
      for (const level of levelsOf(own(stops.destroyed))) await companies.interrupt("destroy", level, "kill");
      await companies.destroy();
    });

    it("when the answer to any request is lost", async () => {
      const isCreation = ({ line, when }: Stop) => line.startsWith("POST ") && when === "after";
      const [made, rotated] = [stops.made.filter(isCreation), stops.rotated.filter(isCreation)];
      const companies = await prepare("crash-lost", Math.max(made.length, rotated.length));
      await declare(companies, "made");
      await companies.interrupt("up", made, "lose");
      await companies.converge(worlds.made, made);
      await declare(companies, "changed");
      await companies.loseAnswers("up");
      await companies.expectAll(worlds.changed);
      await companies.pass(DEADLINE);
      await declare(companies, "rotated");
      await companies.interrupt("up", rotated, "lose");
      await companies.converge(worlds.rotated, rotated);
      await companies.loseAnswers("destroy");
      await companies.destroy();
    });
  },
);
