import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { type GuardSettings, guardLimitsSchema } from "#sync/guard/limits.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { addressMatcher } from "#sync/roles/pattern.ts";
import { type CheckResult, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { adminApi, configure as configureKeycloak } from "../keycloak/connection.ts";
import { realmAddresses } from "../keycloak/realm-addresses.ts";
import { announce } from "./announcement.ts";
import {
  configure as configureLangfuse,
  currentPair,
  type KeyPair,
  memberLists,
  organizationClient,
  type StackConfig,
  titleOf,
} from "./connection.ts";
import { type Departure, departures } from "./departures.ts";
import type { MemberLists } from "./member-lists.ts";
import { isRefusedKey } from "./refused-key.ts";
import { withStoredPair } from "./stored-pair.ts";

export interface ExclusiveMembersArguments extends KeyPair {
  readonly organizationId: string;
  /** Whose people are left to the sync. */
  readonly realm: string;
  readonly declared: readonly string[];
  /** Patterns of addresses that are left alone as well. */
  readonly kept: readonly string[];
  readonly limits: GuardSettings;
  readonly approved?: string;
}

export interface ExclusiveMembersInputs extends ExclusiveMembersArguments {
  /** Who is removed by this update. */
  readonly leaving: readonly Departure[];
}

type Client = Pick<LangfuseClient, "listMemberships" | "listProjects" | "listProjectMemberships" | "deleteScimUser">;

/** What this resource learns from the servers; passed in so that decisions can be tested without them. */
export interface ExclusiveMembersWorld {
  readonly client: Client;
  readonly lists: MemberLists;
  readonly addresses: () => Promise<ReadonlySet<string>>;
}

const text = z.string().min(1);
const shape = {
  organizationId: text,
  realm: text,
  declared: z.array(z.string()),
  kept: z.array(z.string()),
  approved: z.string().optional(),
};

/** This resource asks both servers. */
export function configure(config: StackConfig): void {
  configureLangfuse(config);
  configureKeycloak(config);
}

/** Decides who has to leave, so that a preview shows them and a refusal comes before anything is changed. */
export async function check(
  olds: Partial<ExclusiveMembersArguments>,
  declared: ExclusiveMembersArguments,
  world: (inputs: ExclusiveMembersArguments) => ExclusiveMembersWorld = worldOf,
): Promise<CheckResult<ExclusiveMembersInputs>> {
  const news = withStoredPair(olds, declared, ["publicKey", "secretKey"]);
  const { inputs, failures } = checkInputs(shape, news);
  const nobody = { ...inputs, leaving: [] };
  // Nobody is a member of an organization that is still to be made.
  if (failures.length > 0 || [news.organizationId, news.secretKey].includes(UNKNOWN))
    return { inputs: nobody, failures };
  const { client, lists, addresses } = world(news);
  const members = await lists.organization(client).catch((error) => {
    // The stored pair was deleted, and this preview is of the one that takes its place.
    if (isRefusedKey(error) && declared.secretKey === UNKNOWN) return undefined;
    throw error;
  });
  if (members === undefined) return { inputs: nobody, failures };
  if (members.length === 0) {
    const reason = `Langfuse lists no member of organization ${news.organizationId}, not even an owner: check that the key is its own.`;
    return { inputs: nobody, failures: [{ property: "organizationId", reason }] };
  }
  const facts = {
    organizationId: news.organizationId,
    members: members.map(({ userId, email, role }) => ({ userId, email: email ?? "", role })),
    declared: news.declared,
    isKept: addressMatcher(news.kept),
  };
  const limits = guardLimitsSchema.parse(news.limits);
  const decide = (known: ReadonlySet<string>) =>
    departures({ ...facts, isInKeycloak: (email) => known.has(email) }, limits, news.approved);
  const strangers = decide(new Set());
  // Where everybody is declared, nobody has to be looked up.
  if (strangers.leaving.length === 0 && strangers.refusal === undefined) return { inputs: nobody, failures };
  const plan = decide(await addresses());
  if (plan.refusal !== undefined) return { inputs: nobody, failures: [{ property: "leaving", reason: plan.refusal }] };
  return { inputs: { ...inputs, leaving: plan.leaving }, failures };
}

/** Only who has to leave is a change; everything else is what that is decided by. */
export function diff(
  olds: ExclusiveMembersInputs,
  news: ExclusiveMembersInputs,
  say: (line: string) => void = announce,
): { changes: boolean } {
  for (const { email, role } of news.leaving) say(`${email}: ${role} → removed from ${titleOf(news.organizationId)}`);
  return { changes: news.leaving.length > 0 || olds.organizationId !== news.organizationId };
}

export async function create(
  inputs: ExclusiveMembersInputs,
  world: ExclusiveMembersWorld = worldOf(inputs),
): Promise<{ id: string; outs: ExclusiveMembersInputs }> {
  return { id: inputs.organizationId, ...(await update(inputs, world)) };
}

/** Removes whom the check named. The server guards the last owner once more; a person who is gone already is success. */
export async function update(
  news: ExclusiveMembersInputs,
  { client, lists }: ExclusiveMembersWorld = worldOf(news),
): Promise<{ outs: ExclusiveMembersInputs }> {
  for (const { userId, email } of news.leaving) {
    await lists.inTurn(async () => {
      const member = await lists.inOrganization(client, email);
      if (!member) return;
      if (member.userId !== userId) {
        throw new AccessError("incomplete", `${email} is another person than a moment ago. Run the update again.`);
      }
      await client.deleteScimUser(userId);
      await lists.removed(member);
    });
  }
  return { outs: stored({ ...news, ...currentPair(news.organizationId, news) }) };
}

/** Who is a member is read by the check of the next operation. */
export function read(
  id: string,
  props: ExclusiveMembersInputs,
): { id: string; props: ExclusiveMembersInputs; inputs: ExclusiveMembersInputs } {
  return { id, props: stored(props), inputs: stored(props) };
}

function worldOf(inputs: ExclusiveMembersArguments): ExclusiveMembersWorld {
  return {
    client: organizationClient(inputs.organizationId, inputs),
    lists: memberLists(inputs.organizationId),
    addresses: () => realmAddresses(adminApi(), inputs.realm),
  };
}

/** Exactly what is stored; whoever left is gone, and an absent property must stay absent. */
function stored(inputs: ExclusiveMembersInputs): ExclusiveMembersInputs {
  const { organizationId, realm, declared, kept, limits, approved, publicKey, secretKey } = inputs;
  return {
    ...{ organizationId, realm, declared, kept, limits, publicKey, secretKey },
    ...(approved === undefined ? {} : { approved }),
    leaving: [],
  };
}
