import { expect } from "vitest";
import { withoutCheckpoints } from "./checkpoints.ts";
import type { Barrier, OrganizationRequest } from "./langfuse-barrier.ts";
import type { Ground } from "./langfuse-ground.ts";
import { Organizations, type Tenant } from "./langfuse-organizations.ts";
import { run } from "./langfuse-steps.ts";
import { organizationsOf, type World } from "./langfuse-world.ts";

type Operation = "up" | "destroy";

/** Where an organization stops: at the how manyth request of this line, before or after the server has acted on it. */
export interface Stop extends Pick<OrganizationRequest, "line" | "nth"> {
  readonly when: "before" | "after";
}

/** A list of all organizations is about none of them. */
export const isAboutAll = ({ line }: Pick<Stop, "line">) => line === "GET admin/organizations";

const titleOf = ({ when, line, nth }: Stop) => `${when} ${line} #${nth}`;

/** Organizations that are declared alike, each of which meets its own fate in the same operation of the engine. */
export class Companies {
  readonly names: readonly string[];
  readonly #organizations: Organizations;
  readonly #ground: Ground;
  readonly #barrier: Barrier;

  private constructor(organizations: Organizations, size: number) {
    this.#organizations = organizations;
    this.#ground = organizations.ground;
    this.#barrier = organizations.barrier;
    this.names = Array.from({ length: size }, (_, index) => `company-${index}`);
  }

  static async prepare(name: string, size: number): Promise<Companies> {
    return new Companies(await Organizations.prepare({ name }), size);
  }

  /** Declares each of them, under the name that its resource has as well, or another one. */
  async configure(tenant: Tenant, titleOf = (name: string) => name): Promise<void> {
    const tenants = this.names.map((name) => [name, { ...tenant, organization: { name: titleOf(name) } }]);
    await this.#organizations.declare(Object.fromEntries(tenants));
  }

  /** What an operation asks of the first organization, and of all of them, when nothing goes wrong. */
  async requestsOf(operation: Operation): Promise<readonly OrganizationRequest[]> {
    this.#barrier.begin();
    await run(this.#engine(operation, withoutCheckpoints));
    return this.#barrier.requests.filter(({ organization }) => ["", this.names[0]].includes(organization));
  }

  /** Brings each organization to its stop, and then kills all processes at once, or loses all answers. */
  async interrupt(operation: Operation, stops: readonly Stop[], end: "kill" | "lose"): Promise<void> {
    expect(stops.length).toBeLessThanOrEqual(this.names.length);
    const all = stops.find(isAboutAll);
    const stopOf = new Map(this.names.map((name, index) => [name, stops[index]]));
    const missing = new Set(stops.map(titleOf));
    const arrived = this.#barrier.begin(({ organization, line, nth }) => {
      // Whose list of all it is cannot be told, so that everybody's is held.
      const stop = organization === "" ? all : stopOf.get(organization);
      if (stop?.line !== line || (stop !== all && stop.nth !== nth)) return "pass";
      missing.delete(titleOf(stop));
      return stop.when;
    }, stops.length);
    const running = this.#engine(operation);
    const first = await Promise.race([arrived.then(() => "arrived"), running]);
    expect(first, `not reached: ${[...missing].join(", ")}`).toBe("arrived");
    if (end === "kill") await this.#ground.stack.kill();
    this.#barrier.release();
    await running;
    if (end === "kill") await this.#ground.stack.recover();
  }

  /** The answer to every request is lost once that can be repeated, and nobody notices. */
  async loseAnswers(operation: Operation): Promise<void> {
    const isCreation = (line: string) => line.startsWith("POST ") && !line.endsWith("scim/Users");
    const asked = new Map<string, number>();
    let lost = 0;
    this.#barrier.begin(({ organization, call, line }) => {
      const times = asked.get(`${organization} ${call}`) ?? 0;
      asked.set(`${organization} ${call}`, times + 1);
      // What is asked again is the repetition, and the next one another request. All organizations ask for the list of all.
      const isFirst = organization === "" ? times === 0 : times % 2 === 0;
      if (isCreation(line) || !isFirst) return "pass";
      lost += 1;
      return "lose";
    });
    await run(this.#engine(operation, withoutCheckpoints));
    expect(lost).toBeGreaterThan(this.names.length);
  }

  /** An undisturbed run, after which all organizations are like this. */
  async converge(world: World, stops: readonly Stop[] = []): Promise<void> {
    this.#barrier.begin();
    await run(this.#engine("up", withoutCheckpoints));
    const lists = this.#barrier.requests.filter(({ line }) => /^GET .*memberships$/.test(line));
    for (const { line, nth } of lists) expect(nth, `${line} of one organization`).toBeLessThan(2);
    await this.expectAll(world, stops);
  }

  /** That all organizations are like this, and that there are no others; `stops` tell where each of them was. */
  async expectAll(world: World, stops: readonly Stop[] = []): Promise<void> {
    const made = await this.#organizations.made();
    const worlds = await this.#organizations.worlds(made);
    const titled = this.names.map((name, index) => [`${name} ${stops[index] ? titleOf(stops[index]) : ""}`, name]);
    const found = titled.map(([title, name = ""]) => [title, worlds[name]]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(titled.map(([title]) => [title, world])));
    const ids = Object.values(made).map(({ id }) => id);
    expect((await organizationsOf(this.#ground)).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  }

  /** An undisturbed end of whatever is left, and of every trace. */
  async destroy(): Promise<void> {
    this.#barrier.begin();
    await run(this.#engine("destroy", withoutCheckpoints));
    expect(await organizationsOf(this.#ground)).toEqual([]);
  }

  async pass(milliseconds: number): Promise<void> {
    await this.#ground.pass(milliseconds);
  }

  async stop(): Promise<void> {
    await this.#organizations.stop();
  }

  /** Each organization waits at its stop for all others, so that none may wait for the engine. */
  #engine(operation: Operation, environment: NodeJS.ProcessEnv = {}) {
    return this.#ground.stack[operation](["--parallel", "64"], environment);
  }
}
