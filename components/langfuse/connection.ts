import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { UNKNOWN } from "../dynamic/inputs.ts";
import { MemberLists } from "./member-lists.ts";
import { OrganizationPairs } from "./organization-pairs.ts";
import { requireProjectRoles } from "./preflight.ts";
import { isRefusedKey, withRemedy } from "./refused-key.ts";

/** The stack configuration as a dynamic provider sees it; keys without a colon are the project's own. */
export interface StackConfig {
  get(key: string): string | undefined;
  require(key: string): string;
}

/** An organization key as it travels between resources. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

let server: { readonly url: string; readonly adminApiKey: string | undefined } | undefined;
let admin: LangfuseAdminClient | undefined;
const clients = new Map<string, LangfuseClient>();
const pairs = new Map<string, OrganizationPairs>();
const lists = new Map<string, MemberLists>();
const titles = new Map<string, string>();
const answers = new Map<string, Promise<unknown>>();

const settings = z.object({ url: z.string(), organization: z.object({ id: z.string().optional() }).optional() });

/**
 * Remembers where Langfuse is, for all resources of this provider process. Address and server key come from the stack
 * configuration and not from resource inputs, so that they are stored once and not with every resource.
 */
export function configure(config: StackConfig): void {
  const { url, organization } = settings.parse(JSON.parse(config.require("langfuse")));
  const adminApiKey = config.get("langfuseAdminApiKey");
  // Every kind of resource configures the process once; only another server makes what is known worthless.
  if (server?.url === url && server.adminApiKey === adminApiKey) return;
  server = { url, adminApiKey };
  admin = undefined;
  for (const known of [clients, pairs, lists, titles, answers]) known.clear();
  // A pair that is given may be another one than is stored: it rotates by hand.
  const publicKey = config.get("langfuseOrganizationPublicKey");
  const secretKey = config.get("langfuseOrganizationSecretKey");
  if (organization?.id && publicKey && secretKey) remember(organization.id, { publicKey, secretKey });
}

/** A stack with a key of the organization needs no server key; what takes one then fails when it is asked. */
export function adminClient(): LangfuseAdminClient {
  const { url, adminApiKey } = address();
  admin ??= adminApiKey === undefined ? withoutServerKey() : createLangfuseAdminClient({ url, adminApiKey });
  return admin;
}

/** Remembers a pair of an organization that was current a moment ago; the last one that was told counts most. */
export function remember(organizationId: string, pair: KeyPair): void {
  pairsOf(organizationId).remember(pair);
}

/** The pair of an organization that was told last, or the given one. */
export function currentPair(organizationId: string, { publicKey, secretKey }: KeyPair): KeyPair {
  return pairsOf(organizationId).newest ?? { publicKey, secretKey };
}

/** Whether any pair of an organization is known, as before its first one is made in a preview it is not. */
export function hasPair({ organizationId, ...given }: KeyPair & { readonly organizationId: string }): boolean {
  return currentPair(organizationId, given).secretKey !== UNKNOWN;
}

/**
 * A client that works with whichever pair of the organization is accepted. What is stored with a resource stays as it was
 * when its organization's key rotates, so that a rotation is no change of every resource; the given pair may therefore
 * have ended, and this process have heard of its successor.
 *
 * @param waits whether this process may yet hear of it, as it does in every operation but a `destroy`; default true
 */
export function organizationClient(organizationId: string, given: KeyPair, { waits = true } = {}): LangfuseClient {
  const known = pairsOf(organizationId);
  const methods = Object.keys(clientOf(given)) as (keyof LangfuseClient)[];
  const calls = methods.map((method) => {
    const call = (...parameters: unknown[]) =>
      known
        .withAccepted(
          given,
          (pair) => (clientOf(pair)[method] as (...all: unknown[]) => Promise<unknown>)(...parameters),
          waits,
        )
        .catch((error) => {
          throw isRefusedKey(error)
            ? withRemedy(error, titleOf(organizationId), address().adminApiKey !== undefined)
            : error;
        });
    return [method, call];
  });
  return Object.fromEntries(calls) as LangfuseClient;
}

/** One client, and so one pool of connections, for each key. */
export function clientOf({ publicKey, secretKey }: KeyPair): LangfuseClient {
  const known = clients.get(secretKey);
  if (known) return known;
  const client = createLangfuseClient({ url: address().url, publicKey, secretKey });
  clients.set(secretKey, client);
  return client;
}

function pairsOf(organizationId: string): OrganizationPairs {
  const known = pairs.get(organizationId) ?? new OrganizationPairs();
  pairs.set(organizationId, known);
  return known;
}

/** What this process knows of an organization's members, whichever of its keys they were read with. */
export function memberLists(organizationId: string): MemberLists {
  const known = lists.get(organizationId) ?? new MemberLists();
  lists.set(organizationId, known);
  return known;
}

/** That an organization's licence covers roles in projects; asked once, however many people are to have some. */
export function projectRolesRight(organizationId: string, given: KeyPair): Promise<void> {
  return once(`right to project roles in ${organizationId}`, () =>
    requireProjectRoles(organizationClient(organizationId, given)),
  );
}

/** Asks something once in this process, however many resources want to know; also a failure is the answer to all. */
export function once<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(what) ?? ask();
  answers.set(what, known);
  return known as Promise<T>;
}

/** Remembers what a person calls the organization or project of this id. */
export function entitle(id: string, title: string): void {
  titles.set(id, title);
}

/** What a person calls the organization or project of this id, the id itself as long as nobody told. */
export function titleOf(id: string): string {
  return titles.get(id) ?? id;
}

function withoutServerKey(): LangfuseAdminClient {
  const refuse = async (): Promise<never> => {
    throw new AccessError(
      "unauthorised",
      "Langfuse refuses the key of the organization, or an organization was made with a server key that the stack has no more. Set langfuseOrganizationPublicKey and langfuseOrganizationSecretKey to a pair that works, or langfuseAdminApiKey.",
    );
  };
  return {
    ...{ listOrganizations: refuse, getOrganization: refuse, createOrganization: refuse, updateOrganization: refuse },
    ...{ deleteOrganization: refuse, listApiKeys: refuse, createApiKey: refuse, deleteApiKey: refuse },
  };
}

function address(): { url: string; adminApiKey: string | undefined } {
  if (!server) throw new Error("The Langfuse resources were used before the engine configured them.");
  return server;
}
