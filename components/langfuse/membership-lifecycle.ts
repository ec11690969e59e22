import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { ROLES, type Role } from "#sync/langfuse/role.ts";
import { type CheckResult, changedProperties, checkInputs } from "../dynamic/inputs.ts";
import { type KeyPair, organizationClient } from "./connection.ts";

export interface MembershipInputs extends KeyPair {
  readonly organizationId: string;
  readonly email: string;
  readonly role: Role;
}

/** What this resource asks of Langfuse. */
type MembershipClient = Pick<
  LangfuseClient,
  "listMemberships" | "createScimUser" | "updateScimUser" | "deleteScimUser"
>;

const shape = { organizationId: z.string().min(1), email: z.email(), role: z.enum(ROLES) };

export const check = (news: MembershipInputs): CheckResult<MembershipInputs> => checkInputs(shape, news);

/** A new organization key only changes what is stored; another person or organization is another membership. */
export function diff(olds: MembershipInputs, news: MembershipInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["organizationId", "email"]).map(String);
  const changed = changedProperties(olds, news, ["role", "publicKey", "secretKey"]);
  return { changes: replaces.length + changed.length > 0, replaces };
}

/** Takes over somebody who is a member already, so that a lost answer does not matter. */
export async function create(
  inputs: MembershipInputs,
  client: MembershipClient = organizationClient(inputs),
): Promise<{ id: string; outs: MembershipInputs }> {
  if (!(await find(client, inputs.email))) {
    await client.createScimUser({ userName: inputs.email, role: inputs.role }).catch((error) => {
      // Somebody else added the person in between; the role is set below.
      if (!(error instanceof AccessError && error.status === 409)) throw error;
    });
  }
  const { outs } = await update(inputs, client);
  return { id: `${inputs.organizationId}/${inputs.email}`, outs };
}

export async function read(
  id: string,
  props: MembershipInputs,
  client: MembershipClient = organizationClient(props),
): Promise<{ id?: string; props?: MembershipInputs; inputs?: MembershipInputs }> {
  const member = await find(client, props.email);
  if (!member) return {};
  const current = { ...outputs(props), role: member.role as Role };
  return { id, props: current, inputs: current };
}

/** The server answers 200 to a role it ignores, so the role is read back. */
export async function update(
  news: MembershipInputs,
  client: MembershipClient = organizationClient(news),
): Promise<{ outs: MembershipInputs }> {
  const member = await find(client, news.email);
  if (!member) {
    await client.createScimUser({ userName: news.email, role: news.role });
  } else if (member.role !== news.role) {
    await client.updateScimUser(member.userId, news.role);
  } else {
    return { outs: outputs(news) };
  }
  const role = (await find(client, news.email))?.role;
  if (role !== news.role) {
    throw new AccessError(
      "incomplete",
      `Langfuse accepted the role ${news.role} for ${news.email} but reports ${role ?? "no membership"}. Run the update again; if it repeats, look at the server's log.`,
    );
  }
  return { outs: outputs(news) };
}

export async function remove(
  props: MembershipInputs,
  client: MembershipClient = organizationClient(props),
): Promise<void> {
  const member = await find(client, props.email);
  if (member) await client.deleteScimUser(member.userId);
}

async function find(client: MembershipClient, email: string): Promise<LangfuseMembership | undefined> {
  const wanted = email.toLowerCase();
  return (await client.listMemberships()).find((member) => member.email?.toLowerCase() === wanted);
}

/** Exactly what is stored: the engine adds properties of its own to what it passes. */
function outputs({ organizationId, email, role, publicKey, secretKey }: MembershipInputs): MembershipInputs {
  return { organizationId, email, role, publicKey, secretKey };
}
