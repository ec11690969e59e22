import { AccessError } from "#sync/errors.ts";
import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { changedProperties } from "../dynamic/inputs.ts";
import { announce, membershipChanges } from "./announcement.ts";
import {
  adminClient,
  clientOf,
  currentPair,
  type KeyPair,
  memberLists,
  organizationClient,
  titleOf,
} from "./connection.ts";
import type { MemberLists } from "./member-lists.ts";
import { canonical, type MembershipInputs, type MembershipOutputs } from "./membership-inputs.ts";
import { readProjectRoles, writeProjectRoles } from "./project-roles.ts";
import { behindRefusedKey, type OrganizationReader } from "./refused-key.ts";
import { deleteInAnyCase, type SpareKeyMaker } from "./spare-key.ts";

/** What this resource asks of Langfuse. */
export type MembershipClient = Pick<
  LangfuseClient,
  | "listMemberships"
  | "createScimUser"
  | "updateScimUser"
  | "deleteScimUser"
  | "listProjects"
  | "listProjectMemberships"
  | "putProjectMembership"
  | "deleteProjectMembership"
>;

/**
 * How long the demotion of the last owner waits for the next one, in milliseconds. The engine starts changes that do not
 * depend on each other in any order, within moments of each other; a busy machine takes longer.
 */
const OWNER_WAIT = 30_000;

/**
 * Another person or organization is another membership. Another key of the organization is no change: it opens the same
 * things, and whoever works with a stored one finds its successor.
 */
export function diff(
  olds: MembershipOutputs,
  news: MembershipInputs,
  say: (line: string) => void = announce,
): { changes: boolean; replaces: string[] } {
  const [before, after] = [canonical(olds), canonical(news)];
  const replaces = changedProperties(before, after, ["organizationId", "email"]).map(String);
  const changed = changedProperties(before, after, ["role", "projectRoles"]);
  if (replaces.length === 0) for (const line of membershipChanges(before, after, titleOf)) say(line);
  return { changes: replaces.length + changed.length > 0, replaces };
}

/**
 * Somebody who is a member already is taken over with the wanted role, as a lost answer leaves it, or with none, which
 * is what a first login gives; with another role only when that is allowed.
 */
export async function create(
  inputs: MembershipInputs,
  client: MembershipClient = clientFor(inputs),
  lists: MemberLists = memberLists(inputs.organizationId),
): Promise<{ id: string; outs: MembershipOutputs }> {
  const { organizationId, email, role, adopt = "never" } = inputs;
  await inGoodOrder(lists, async () => {
    const member = await memberOf(inputs, client, lists);
    if (adopt === "never" && ![role, "NONE"].includes(member.role)) {
      throw new AccessError(
        "refused",
        `${email} is a member of the organization already, as ${member.role} and not as ${role}. Set langfuse.adopt to if-exists to take the membership over, or declare the role ${member.role}.`,
      );
    }
    await setRole(member, inputs, client, lists);
    await writeProjectRoles(email, inputs.projectRoles ?? [], [], client, lists);
  });
  return { id: `${organizationId}/${email}`, outs: outputs(inputs) };
}

export async function read(
  id: string,
  props: MembershipOutputs,
  client: MembershipClient = clientFor(props),
  admin: OrganizationReader = adminClient(),
  lists: MemberLists = memberLists(props.organizationId),
): Promise<{ id?: string; props?: MembershipOutputs; inputs?: MembershipInputs }> {
  const member = await lists
    .inOrganization(client, props.email)
    .catch((error) => behindRefusedKey(error, props.organizationId, admin));
  // Out of sight until there is a key that is accepted.
  if (member === "kept") return { id, props: outputs(props), inputs: outputs(props) };
  if (!member || member === "gone") return {};
  const projectRoles = props.projectRoles && {
    projectRoles: await readProjectRoles(props.email, props.projectRoles, client, lists),
  };
  const current = { ...outputs(props), role: member.role as Role, ...projectRoles };
  return { id, props: current, inputs: current };
}

/** Writes only what differs. */
export async function update(
  news: MembershipInputs,
  olds: MembershipOutputs = news,
  client: MembershipClient = clientFor(news),
  lists: MemberLists = memberLists(news.organizationId),
): Promise<{ outs: MembershipOutputs }> {
  await inGoodOrder(lists, async () => {
    await setRole(await memberOf(news, client, lists), news, client, lists);
    await writeProjectRoles(news.email, news.projectRoles ?? [], olds.projectRoles ?? [], client, lists);
  });
  return { outs: outputs({ ...news, ...currentPair(news.organizationId, news) }) };
}

export async function remove(
  props: MembershipOutputs,
  client: MembershipClient = clientFor(props, { waits: false }),
  admin: SpareKeyMaker = adminClient(),
  lists: MemberLists = memberLists(props.organizationId),
  spare: (pair: KeyPair) => MembershipClient = clientOf,
): Promise<void> {
  const work = (given: MembershipClient) =>
    lists.inTurn(async () => {
      const member = await lists.inOrganization(given, props.email);
      if (!member) return;
      await given.deleteScimUser(member.userId);
      await lists.removed(member);
    });
  await deleteInAnyCase(props.organizationId, work, { stored: client, spare, admin });
}

/**
 * Promotions before demotions, whatever order the engine chose: the server refuses to demote the last owner, so that
 * such a change waits outside the queue until somebody else is one.
 */
async function inGoodOrder(lists: MemberLists, write: () => Promise<void>): Promise<void> {
  try {
    await lists.inTurn(write);
  } catch (error) {
    const isLastOwner = error instanceof AccessError && error.status === 403 && /last owner/i.test(error.message);
    if (!isLastOwner || !(await lists.nextOwner(OWNER_WAIT))) throw error;
    await lists.inTurn(write);
  }
}

/** The person's membership, which is made if there is none; by the time it is made there may be one after all. */
async function memberOf(
  { email, role }: MembershipInputs,
  client: MembershipClient,
  lists: MemberLists,
): Promise<LangfuseMembership> {
  const found = await lists.inOrganization(client, email);
  if (found) return found;
  try {
    const { id: userId } = await client.createScimUser({ userName: email, role });
    // Unlike a change of the role, this is refused when the server does not know the role.
    const member = { userId, email, role };
    await lists.written(member);
    return member;
  } catch (error) {
    if (!(error instanceof AccessError && error.status === 409)) throw error;
    lists.forget();
    const member = await lists.inOrganization(client, email);
    if (!member) throw error;
    return member;
  }
}

/** Through SCIM, which guards the last owner and is audited. It answers 200 even to a role it ignores. */
async function setRole(
  member: LangfuseMembership,
  { email, role }: MembershipInputs,
  client: MembershipClient,
  lists: MemberLists,
): Promise<void> {
  if (member.role === role) return;
  await client.updateScimUser(member.userId, role);
  const current = await lists.changed(client, { ...member, email, role });
  if (current?.role === role) return;
  throw new AccessError(
    "incomplete",
    `Langfuse accepted the role ${role} for ${email} but reports ${current?.role ?? "no membership"}. Run the update again; if it repeats, look at the server's log.`,
  );
}

function clientFor(inputs: MembershipOutputs, options?: { readonly waits: boolean }): MembershipClient {
  return organizationClient(inputs.organizationId, inputs, options);
}

/** Exactly what is stored: the engine adds properties of its own to what it passes. */
function outputs({
  organizationId,
  email,
  role,
  projectRoles,
  publicKey,
  secretKey,
}: MembershipInputs): MembershipOutputs {
  const roles = projectRoles && { projectRoles: projectRoles.map(({ projectId, role }) => ({ projectId, role })) };
  return { organizationId, email, role, ...roles, publicKey, secretKey };
}
