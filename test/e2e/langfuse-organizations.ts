import { expect } from "vitest";
import type { KeyPair } from "#components/langfuse/connection.ts";
import type { Outcome } from "#local/pulumi/stack.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { Barrier } from "./langfuse-barrier.ts";
import { type Ground, type GroundOptions, prepareGround } from "./langfuse-ground.ts";
import { run, stepsOf } from "./langfuse-steps.ts";
import { organizationsOf, type World, worldIn } from "./langfuse-world.ts";

export type Tenant = Readonly<Record<string, unknown>>;

/** What one operation of the engine did in one organization, whose resources are called as if it were the only one. */
export interface Part {
  /** Those that changed something, in an order of their own. */
  readonly steps: readonly string[];
  /** Requests that were not refused, ids left out, in an order of their own. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

export interface MadeOrganization {
  readonly id: string;
  readonly client: LangfuseClient;
}

/** A stack of several organizations, so that one operation of the engine shows what becomes of each of them. */
export class Organizations {
  readonly ground: Ground;
  readonly barrier: Barrier;

  private constructor(ground: Ground, barrier: Barrier) {
    this.ground = ground;
    this.barrier = barrier;
  }

  static async prepare(options: Omit<GroundOptions, "part">): Promise<Organizations> {
    const ground = await prepareGround({ ...options, part: "organizations" });
    return new Organizations(ground, await Barrier.start(ground.url));
  }

  /** Each by the name of its resource, which must be its own name when it is made. */
  async declare(tenants: Readonly<Record<string, Tenant>>): Promise<void> {
    const organizations = Object.entries(tenants).map(([name, tenant]) => [
      name,
      { organization: { name }, ...tenant },
    ]);
    await this.ground.stack.configure({
      langfuse: { url: this.barrier.url },
      organizations: Object.fromEntries(organizations),
    });
  }

  /** An operation that must succeed. */
  async run(operation: "up" | "refresh" | "destroy"): Promise<{ outcome: Outcome; of: (name: string) => Part }> {
    this.barrier.begin();
    const outcome = await run(this.ground.stack[operation](["--parallel", "64"]));
    const requests = this.barrier.requests;
    const of = (name: string): Part => {
      const own = requests.filter(({ organization }) => organization === name);
      const written = own.filter(({ line, status = 0 }) => !line.startsWith("GET ") && status < 400);
      return {
        steps: stepsOf(outcome).flatMap((step) => withoutName(step, name)),
        writes: written.map(({ line }) => line).toSorted(),
        reads: own.flatMap(({ line }) => (line.startsWith("GET ") ? [line] : [])).toSorted(),
      };
    };
    return { outcome, of };
  }

  /** Each as the stack knows it, with a client that has its key. */
  async made(): Promise<Readonly<Record<string, MadeOrganization>>> {
    const { stack, url } = this.ground;
    const { organizations } = await stack.outputs({ showSecrets: true });
    const made = Object.entries(organizations as Record<string, { organizationId: string } & KeyPair>);
    return Object.fromEntries(
      made.map(([name, { organizationId, publicKey, secretKey }]) => [
        name,
        { id: organizationId, client: createLangfuseClient({ url, publicKey, secretKey }) },
      ]),
    );
  }

  /** What a person would see of each in Langfuse. */
  async worlds(made: Awaited<ReturnType<Organizations["made"]>>): Promise<Readonly<Record<string, World>>> {
    const worlds = Object.entries(made).map(async ([name, { id, client }]) => [
      name,
      await worldIn(id, client, this.ground.admin),
    ]);
    return Object.fromEntries(await Promise.all(worlds));
  }

  /** An end of whatever is left, and of every trace. */
  async destroy(): Promise<void> {
    await this.run("destroy");
    expect(await organizationsOf(this.ground)).toEqual([]);
  }

  async stop(): Promise<void> {
    // A named server is left through the barrier, whose address the stack knows.
    await this.ground.stop();
    await this.barrier.stop();
  }
}

function withoutName(step: string, name: string): string[] {
  const [operation, type, resource = ""] = step.split(" ");
  return resource === name || resource.startsWith(`${name}-`)
    ? [`${operation} ${type} organization${resource.slice(name.length)}`]
    : [];
}
