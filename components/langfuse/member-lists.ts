import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { requireGone } from "./absence.ts";

type Reader = Pick<LangfuseClient, "listMemberships" | "listProjects" | "listProjectMemberships">;

/**
 * Who is in an organization and its projects, as this process knows it: each list is read once and then kept up to date
 * by our own writes, so that a stack with hundreds of memberships reads it once. The provider process lives for one
 * operation of the engine, so nothing of it is ever older than that.
 */
export class MemberLists {
  readonly #lists = new Map<string, Promise<Map<string, LangfuseMembership>>>();
  readonly #ownerWaits = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();
  #isProven = false;

  /** The member with this address in the organization. */
  async inOrganization(client: Reader, email: string): Promise<LangfuseMembership | undefined> {
    return find(await this.#list("", () => client.listMemberships()), email);
  }

  /** The person's own row in a project; a project that is gone has taken its rows with it. */
  async inProject(client: Reader, projectId: string, email: string): Promise<LangfuseMembership | undefined> {
    return find(await this.#list(projectId, () => rowsIn(client, projectId)), email);
  }

  async organization(client: Reader): Promise<readonly LangfuseMembership[]> {
    return [...(await this.#list("", () => client.listMemberships())).values()];
  }

  /** Remembers what was written; `projectId` absent means the organization itself. */
  async written(member: LangfuseMembership, projectId = ""): Promise<void> {
    (await this.#known(projectId))?.set(keyOf(member), member);
    if (projectId === "" && member.role === "OWNER") for (const resolve of this.#ownerWaits) resolve();
  }

  /**
   * Remembers a role in the organization that the server accepted, and answers what it made of it. The first one is read
   * back: a server that ignores roles ignores all of them, and a read for each would make hundreds.
   */
  async changed(client: Reader, member: LangfuseMembership): Promise<LangfuseMembership | undefined> {
    if (!this.#isProven) this.#lists.delete("");
    const current = this.#isProven ? member : await this.inOrganization(client, keyOf(member));
    this.#isProven ||= current?.role === member.role;
    if (current) await this.written(current);
    return current;
  }

  /** Waits until somebody becomes an owner; false when nobody does within so many milliseconds. */
  async nextOwner(milliseconds: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const arrived = () => resolve(true);
    this.#ownerWaits.add(arrived);
    const late = setTimeout(resolve, milliseconds, false);
    return await promise.finally(() => {
      clearTimeout(late);
      this.#ownerWaits.delete(arrived);
    });
  }

  /** Whoever leaves the organization leaves its projects as well. */
  async removed(member: LangfuseMembership, projectId?: string): Promise<void> {
    const scopes = projectId === undefined ? [...this.#lists.keys()] : [projectId];
    for (const scope of scopes) (await this.#known(scope))?.delete(keyOf(member));
  }

  /** For when the server contradicts what was read. */
  forget(): void {
    this.#lists.clear();
  }

  /** One after the other: Langfuse answers parallel writes, even for different people, with conflicts. */
  async inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(write);
    // The failure of one is none of the next one's business.
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  /** A list that could not be read has nothing to keep up to date; whoever reads it hears of that. */
  async #known(scope: string): Promise<Map<string, LangfuseMembership> | undefined> {
    return await this.#lists.get(scope)?.catch(() => undefined);
  }

  async #list(
    scope: string,
    read: () => Promise<readonly LangfuseMembership[]>,
  ): Promise<Map<string, LangfuseMembership>> {
    const known = this.#lists.get(scope);
    if (known) return await known;
    const list = read().then((members) => new Map(members.map((member) => [keyOf(member), member])));
    this.#lists.set(scope, list);
    // A failed read is tried again by whoever asks next.
    list.catch(() => this.#lists.delete(scope));
    return await list;
  }
}

async function rowsIn(client: Reader, projectId: string): Promise<readonly LangfuseMembership[]> {
  return await client.listProjectMemberships(projectId).catch(async (error) => {
    await requireGone(error, projectId, () => client.listProjects());
    return [];
  });
}

/** Servers before 3.174.0 stored addresses as they were typed. */
function keyOf({ email, userId }: LangfuseMembership): string {
  return email?.toLowerCase() ?? userId;
}

function find(list: Map<string, LangfuseMembership>, email: string): LangfuseMembership | undefined {
  return list.get(email.toLowerCase());
}
