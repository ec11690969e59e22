import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { ROLES, type Role } from "#sync/langfuse/role.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { ADOPTIONS, type Adoption } from "./adoption.ts";
import { adminClient, type KeyPair, memberLists, organizationClient } from "./connection.ts";
import type { MemberLists } from "./member-lists.ts";
import { type ProjectRole, readProjectRoles, writeProjectRoles } from "./project-roles.ts";
import { behindRefusedKey, type OrganizationReader } from "./refused-key.ts";

export interface MembershipInputs extends KeyPair {
  readonly organizationId: string;
  readonly email: string;
  readonly role: Role;
  /** Roles in single projects; those in other projects are left alone. */
  readonly projectRoles?: readonly ProjectRole[];
  /** Default `never`. */
  readonly adopt?: Adoption;
}

type MembershipOutputs = Omit<MembershipInputs, "adopt">;

/** What this resource asks of Langfuse. */
export type MembershipClient = Pick<
  LangfuseClient,
  | "listMemberships"
  | "createScimUser"
  | "updateScimUser"
  | "putMembership"
  | "deleteScimUser"
  | "listProjectMemberships"
  | "putProjectMembership"
  | "deleteProjectMembership"
>;

const projectRole = z.object({ projectId: z.string().min(1), role: z.enum([...ROLES, UNKNOWN]) });
const shape = {
  organizationId: z.string().min(1),
  email: z.email(),
  role: z.enum(ROLES),
  projectRoles: z.array(z.union([projectRole, z.literal(UNKNOWN)])).optional(),
  adopt: z.enum(ADOPTIONS).optional(),
};

export const check = (news: MembershipInputs): CheckResult<MembershipInputs> => checkInputs(shape, news);

/** A new organization key only changes what is stored; another person or organization is another membership. */
export function diff(olds: MembershipOutputs, news: MembershipInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties<MembershipOutputs>(olds, news, ["organizationId", "email"]).map(String);
  const changed = changedProperties<MembershipOutputs>(olds, news, ["role", "projectRoles", "publicKey", "secretKey"]);
  return { changes: replaces.length + changed.length > 0, replaces };
}

/**
 * Somebody who is a member already is taken over with the wanted role, as a lost answer leaves it, or with none, which
 * is what a first login gives; with another role only when that is allowed.
 */
export async function create(
  inputs: MembershipInputs,
  client: MembershipClient = organizationClient(inputs),
  lists: MemberLists = memberLists(inputs.organizationId),
): Promise<{ id: string; outs: MembershipOutputs }> {
  const { organizationId, email, role, adopt = "never" } = inputs;
  await lists.inTurn(async () => {
    const found = await lists.inOrganization(client, email);
    const member = found ?? (await join(inputs, client, lists));
    if (found && adopt === "never" && ![role, "NONE"].includes(found.role)) {
      throw new AccessError(
        "refused",
        `${email} is a member of the organization already, as ${found.role} and not as ${role}. Set langfuse.adopt to if-exists to take the membership over, or declare the role ${found.role}.`,
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
  client: MembershipClient = organizationClient(props),
  admin: OrganizationReader = adminClient(),
  lists: MemberLists = memberLists(props.organizationId),
): Promise<{ id?: string; props?: MembershipOutputs; inputs?: MembershipInputs }> {
  const member = await lists
    .inOrganization(client, props.email)
    .catch((error) => behindRefusedKey(error, props.organizationId, admin));
  // Out of sight until there is a new key, whose arrival updates this resource.
  if (member === "kept") return { id, props: outputs(props), inputs: outputs(props) };
  if (!member || member === "gone") return {};
  const projectRoles = props.projectRoles && {
    projectRoles: await readProjectRoles(props.email, props.projectRoles, client, lists),
  };
  const current = { ...outputs(props), role: member.role as Role, ...projectRoles };
  return { id, props: current, inputs: current };
}

/** Writes only what differs: a rotated key alone is no reason. */
export async function update(
  news: MembershipInputs,
  olds: MembershipOutputs = news,
  client: MembershipClient = organizationClient(news),
  lists: MemberLists = memberLists(news.organizationId),
): Promise<{ outs: MembershipOutputs }> {
  await lists.inTurn(async () => {
    const member = (await lists.inOrganization(client, news.email)) ?? (await join(news, client, lists));
    await setRole(member, news, client, lists);
    await writeProjectRoles(news.email, news.projectRoles ?? [], olds.projectRoles ?? [], client, lists);
  });
  return { outs: outputs(news) };
}

export async function remove(
  props: MembershipOutputs,
  client: MembershipClient = organizationClient(props),
  admin: OrganizationReader = adminClient(),
  lists: MemberLists = memberLists(props.organizationId),
): Promise<void> {
  try {
    await lists.inTurn(async () => {
      const member = await lists.inOrganization(client, props.email);
      if (!member) return;
      await client.deleteScimUser(member.userId);
      await lists.removed(member);
    });
  } catch (error) {
    if ((await behindRefusedKey(error, props.organizationId, admin)) === "kept") throw error;
  }
}

/** Makes somebody a member, who may be one by now after all. */
async function join(
  { email, role }: MembershipInputs,
  client: MembershipClient,
  lists: MemberLists,
): Promise<LangfuseMembership> {
  try {
    const { id: userId } = await client.createScimUser({ userName: email, role });
    // Unlike a change of the role, this is refused when the server does not know the role.
    const member = { userId, email: email.toLowerCase(), role };
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

/**
 * SCIM comes first, because it guards the last owner and is audited, but it answers 200 to a role it ignores. The second
 * way sets the same role and answers what is set, which spares a read of all members for each change.
 */
async function setRole(
  member: LangfuseMembership,
  { email, role }: MembershipInputs,
  client: MembershipClient,
  lists: MemberLists,
): Promise<void> {
  if (member.role === role) return;
  await client.updateScimUser(member.userId, role);
  const current = await client.putMembership(member.userId, role);
  await lists.written({ ...member, role: current.role });
  if (current.role === role) return;
  throw new AccessError(
    "incomplete",
    `Langfuse accepted the role ${role} for ${email} but reports ${current.role}. Run the update again; if it repeats, look at the server's log.`,
  );
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
