import { describe, expect, it } from "vitest";
import { requireGone } from "#components/langfuse/absence.ts";
import { MemberLists } from "#components/langfuse/member-lists.ts";
import * as membership from "#components/langfuse/membership-lifecycle.ts";
import * as organizationKey from "#components/langfuse/organization-api-key-lifecycle.ts";
import * as organization from "#components/langfuse/organization-lifecycle.ts";
import * as projectKey from "#components/langfuse/project-api-key-lifecycle.ts";
import * as project from "#components/langfuse/project-lifecycle.ts";
import { messageOf } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { refusal } from "../answers.ts";

describe("what a server answers 404 for", () => {
  const others = async () => [{ id: "other" }];

  it("is gone when the server lists everything else", async () => {
    await requireGone(refusal(404), "o1", others);
  });

  it.each([
    ["is not gone when the server lists it all the same", refusal(404, "no such thing"), async () => [{ id: "o1" }]],
    ["is not known to be gone when nothing can be listed", refusal(404), () => Promise.reject(refusal(404, "no such"))],
    ["is no matter of any other failure", refusal(500, "no such luck"), others],
  ])("%s", async (_title, failure, list) => {
    await expect(requireGone(failure, "o1", list)).rejects.toThrow("no such");
  });
});

/** Every call fails in the same way, as behind a proxy that knows no way to the server, or a wrong address. */
function unreachable(status: number): LangfuseClient & LangfuseAdminClient {
  const fail = () => Promise.reject(refusal(status));
  return new Proxy({}, { get: (own, name) => Reflect.get(own, name) ?? fail }) as LangfuseClient & LangfuseAdminClient;
}

/** The same, but Langfuse lists what it has: a person, and nothing that a stack made. */
function emptied(): LangfuseClient & LangfuseAdminClient {
  const nothing = async () => [];
  const listMemberships = async () => [{ userId: "u1", email: "ann@example.com", role: "OWNER" }];
  const lists = { listMemberships, listProjects: nothing, listOrganizations: nothing };
  return Object.assign(unreachable(404), lists);
}

const place = { organizationId: "o1", managedBy: "access/dev/x", publicKey: "pk-lf-1", secretKey: "sk-lf-1" };
const rotation = { serial: 1, issuedAt: "2026-05-01T00:00:00Z", retiring: [] };
const named = { ...place, name: "Company" };
const pair = { ...place, ...rotation, note: "role sync" };
const service = {
  ...{ ...place, ...rotation, projectId: "p1", service: "chat", environment: "production", seed: "s".repeat(48) },
  ...{ organizationPublicKey: "pk-lf-1", organizationSecretKey: "sk-lf-1" },
};
const person = { ...place, email: "ann@example.com", role: "OWNER" as const };
const lists = () => new MemberLists();

describe.each([404, 403, 500, 503])("while everything answers %i, nothing is taken for gone, neither by", (status) => {
  const nowhere = unreachable(status);

  it.each<[string, () => Promise<unknown>]>([
    ["a refresh of an organization", () => organization.read("o1", named, nowhere)],
    ["a refresh of its key", () => organizationKey.read("k1", pair, nowhere)],
    ["a refresh of a project", () => project.read("p1", named, nowhere, nowhere)],
    ["a refresh of a service's key", () => projectKey.read("x", service, nowhere, nowhere)],
    ["a refresh of a membership", () => membership.read("x", person, nowhere, nowhere, lists())],
    ["a removal of an organization", () => organization.remove("o1", nowhere)],
    ["a removal of its key", () => organizationKey.remove(pair, nowhere)],
    ["a removal of a project", () => project.remove("p1", named, nowhere, nowhere)],
    ["a removal of a service's key", () => projectKey.remove(service, nowhere, nowhere)],
    ["a removal of a membership", () => membership.remove(person, nowhere, nowhere, lists())],
  ])("%s", async (_title, work) => {
    await expect(work()).rejects.toMatchObject({ status });
  });

  it.each<[string, () => Promise<unknown>]>([
    ["a refresh of a project", () => project.read("p1", named, unreachable(401), nowhere)],
    ["a refresh of a service's key", () => projectKey.read("x", service, unreachable(401), nowhere)],
    ["a refresh of a membership", () => membership.read("x", person, unreachable(401), nowhere, lists())],
    ["a removal of a project", () => project.remove("p1", named, unreachable(401), nowhere)],
  ])("%s whose key is refused", async (_title, work) => {
    await expect(work()).rejects.toMatchObject({ name: "AccessError" });
  });
});

describe("a change of what somebody deleted in Langfuse says so and what to do, for", () => {
  // What the organization and the project are called may be known from other tests of this process.
  const inProject = { ...person, projectRoles: [{ projectId: "p1", role: "NONE" as const }] };
  const server = emptied();

  it.each<[string, () => Promise<unknown>, string]>([
    ["an organization", () => organization.update("o1", named, server), 'The organization "Company" (o1)'],
    ["the organization of a key", () => organizationKey.update(pair, pair, server), 'The organization "'],
    ["a project", () => project.update("p1", named, named, server), 'The project "Company" (p1)'],
    ["the project of a service", () => projectKey.update(service, service, server), "The project (p1) of chat in"],
    ["a project with a role", () => membership.update(inProject, person, server, lists()), 'The project "'],
  ])("%s", async (_title, change, what) => {
    const message = await change().catch(messageOf);
    expect(message).toContain(what);
    expect(message).toContain(" is not in Langfuse any more. Run `pulumi refresh`");
  });

  it("a person, who is made a member again", async () => {
    const made: string[] = [];
    const createScimUser = async ({ userName }: { userName: string }) => {
      made.push(userName);
      return { id: "u2", userName };
    };
    await membership.update({ ...person, email: "bob@example.com" }, person, { ...server, createScimUser }, lists());
    expect(made).toEqual(["bob@example.com"]);
  });

  it("a key of an organization that is named by an id, which may be wrong", async () => {
    await expect(organizationKey.create(pair, server)).rejects.toThrow(
      "Langfuse has no organization o1. Correct langfuse.organization.id",
    );
  });
});
