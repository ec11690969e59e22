import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";

type Reader = Pick<LangfuseClient, "listMemberships" | "listProjectMemberships">;

/**
 * Who is in an organization and its projects, as this process knows it: each list is read once and then kept up to date
 * by our own writes, so that a stack with hundreds of memberships reads it once. The provider process lives for one
 * operation of the engine, so nothing of it is ever older than that.
 */
export class MemberLists {
  readonly #lists = new Map<string, Promise<Map<string, LangfuseMembership>>>();
  #last: Promise<unknown> = Promise.resolve();

  /** The member with this address in the organization. */
  async inOrganization(client: Reader, email: string): Promise<LangfuseMembership | undefined> {
    return find(await this.#list("", () => client.listMemberships()), email);
  }

  /** The person's own row in a project. */
  async inProject(client: Reader, projectId: string, email: string): Promise<LangfuseMembership | undefined> {
    return find(await this.#list(projectId, () => client.listProjectMemberships(projectId)), email);
  }

  async organization(client: Reader): Promise<readonly LangfuseMembership[]> {
    return [...(await this.#list("", () => client.listMemberships())).values()];
  }

  /** Remembers what was written; `projectId` absent means the organization itself. */
  async written(member: LangfuseMembership, projectId = ""): Promise<void> {
    (await this.#lists.get(projectId))?.set(keyOf(member), member);
  }

  /** Whoever leaves the organization leaves its projects as well. */
  async removed(member: LangfuseMembership, projectId?: string): Promise<void> {
    const lists = projectId === undefined ? [...this.#lists.values()] : [this.#lists.get(projectId)];
    for (const list of lists) (await list)?.delete(keyOf(member));
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

/** Servers before 3.174.0 stored addresses as they were typed. */
function keyOf({ email, userId }: LangfuseMembership): string {
  return email?.toLowerCase() ?? userId;
}

function find(list: Map<string, LangfuseMembership>, email: string): LangfuseMembership | undefined {
  return list.get(email.toLowerCase());
}
