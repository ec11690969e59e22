import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseProject } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { deletedByHand, requireGone } from "./absence.ts";
import { ADOPTIONS, type Adoption, ownOrAdopted } from "./adoption.ts";
import { announce } from "./announcement.ts";
import {
  adminClient,
  clientOf,
  currentPair,
  entitle,
  hasPair,
  type KeyPair,
  once,
  organizationClient,
} from "./connection.ts";
import { foretell, mayBeThere, namedProjectForecast, projectForecast } from "./forecast.ts";
import { declaredPart, isManagedBy, withDeclared, withMarker } from "./marker.ts";
import { behindRefusedKey, type OrganizationReader } from "./refused-key.ts";
import { deleteInAnyCase, type SpareKeyMaker } from "./spare-key.ts";
import { withStoredPair } from "./stored-pair.ts";

export interface ProjectInputs extends KeyPair {
  readonly organizationId: string;
  readonly name: string;
  readonly managedBy: string;
  /** Days, 0 for ever; absent leaves what is set. */
  readonly retentionDays?: number;
  /** Keys that are declared; those of others stay. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Default `never`. */
  readonly adopt?: Adoption;
}

type ProjectOutputs = Omit<ProjectInputs, "adopt">;

/** What a preview learns of the projects of an organization: all, or by the server key their names. */
interface ProjectSight {
  readonly projects: () => Promise<readonly LangfuseProject[]>;
  readonly names: () => Promise<readonly { readonly name: string }[]>;
}

/** What this resource asks of Langfuse. */
type ProjectClient = Pick<LangfuseClient, "listProjects" | "createProject" | "updateProject" | "deleteProject">;

const shape = {
  organizationId: z.string().min(1),
  name: z.string().min(3).max(60),
  managedBy: z.string().min(1),
  // The server's own limit; its database takes no more than 31 bits.
  retentionDays: z
    .int()
    .max(2 ** 31 - 1)
    .refine((days) => days === 0 || days >= 3, "use 0, which keeps data for ever, or at least 3 days")
    .optional(),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((metadata) => !("managedBy" in metadata), 'the key "managedBy" is this program\'s own: use another')
    .optional(),
  adopt: z.enum(ADOPTIONS).optional(),
};

/** Also tells of one that may be taken over whether it will be. */
export async function check(
  olds: Partial<ProjectInputs>,
  news: ProjectInputs,
  sight: ProjectSight = sightOf(news),
  say: (line: string) => void = announce,
): Promise<CheckResult<ProjectInputs>> {
  const { inputs, failures } = checkInputs(shape, withStoredPair(olds, news, ["publicKey", "secretKey"]));
  const isSeen = mayBeThere(olds, news) && ![news.organizationId, news.name].includes(UNKNOWN);
  if (failures.length > 0 || !isSeen) return { inputs, failures };
  const refusal = await foretell(async () => {
    if (!hasPair(news)) return [namedProjectForecast(news.name, await sight.names())];
    return [
      projectForecast(news, ownOrAdopted("project", await sight.projects(), { ...news, adopt: "if-exists" }, true)),
    ];
  }, say);
  return { inputs, failures: refusal === undefined ? [] : [{ property: "name", reason: refusal }] };
}

/** Another key of the organization is no change, see `MembershipInputs`. */
export function diff(
  id: string,
  olds: ProjectOutputs,
  news: ProjectInputs,
  say: (line: string) => void = announce,
): { changes: boolean; replaces: string[] } {
  entitle(id, news.name);
  const [before, after] = [withMetadata(olds), withMetadata(news)];
  const replaces = changedProperties<ProjectOutputs>(before, after, ["organizationId"]).map(String);
  const changed = changedProperties<ProjectOutputs>(before, after, ["name", "managedBy", "retentionDays", "metadata"]);
  if (replaces.length === 0 && olds.name !== news.name) say(`project ${olds.name} → ${news.name}`);
  return { changes: replaces.length + changed.length > 0, replaces };
}

export async function create(
  inputs: ProjectInputs,
  client: ProjectClient = clientFor(inputs),
): Promise<{ id: string; outs: ProjectOutputs }> {
  const wanted = { ...inputs, adopt: inputs.adopt ?? "never" };
  const known = ownOrAdopted("project", await client.listProjects(), wanted, true);
  if (known) {
    // What it keeps for how long is not known, so it is told in any case.
    await write(client, known.id, inputs, known.metadata, {});
    entitle(known.id, inputs.name);
    return { id: known.id, outs: outputs(inputs) };
  }
  const made = await client.createProject({
    name: inputs.name,
    metadata: withMarker(inputs.metadata, inputs.managedBy),
    ...retention(inputs),
  });
  entitle(made.id, inputs.name);
  requireRetention(inputs, made);
  return { id: made.id, outs: outputs(inputs) };
}

/** How long data is kept is not read: Langfuse tells it to keys of the project only. */
export async function read(
  id: string,
  props: ProjectOutputs,
  client: ProjectClient = clientFor(props),
  admin: OrganizationReader = adminClient(),
): Promise<{ id?: string; props?: ProjectOutputs; inputs?: ProjectInputs }> {
  const projects = await client.listProjects().catch((error) => behindRefusedKey(error, props.organizationId, admin));
  // Out of sight until there is a key that is accepted.
  if (projects === "kept") return { id, props: outputs(props), inputs: outputs(props) };
  const found = projects === "gone" ? undefined : projects.find((project) => project.id === id);
  if (!found) return {};
  const managedBy = isManagedBy(found.metadata, props.managedBy) ? props.managedBy : "";
  const metadata = props.metadata && { metadata: declaredPart(found.metadata, props.metadata) };
  const current = { ...outputs(props), name: found.name, managedBy, ...metadata };
  return { id, props: current, inputs: current };
}

/** Writes only when something in Langfuse differs. Unlike a creation, it is not refused a name that is taken. */
export async function update(
  id: string,
  news: ProjectInputs,
  olds: ProjectOutputs = news,
  client: ProjectClient = clientFor(news),
): Promise<{ outs: ProjectOutputs }> {
  const projects = await client.listProjects();
  const namesake = projects.find((project) => project.name === news.name && project.id !== id);
  if (namesake) {
    throw new AccessError(
      "refused",
      `The project "${olds.name}" cannot be called "${news.name}": the organization has another project of that name (${namesake.id}). Choose another name, or rename that one first.`,
    );
  }
  const current = projects.find((project) => project.id === id);
  if (!current) throw deletedByHand(`The project "${olds.name}" (${id})`);
  const metadata = wantedMetadata(news, current.metadata, olds.metadata);
  const isAsWanted =
    current.name === news.name &&
    isManagedBy(current.metadata, news.managedBy) &&
    changedProperties({ metadata: current.metadata }, { metadata }, ["metadata"]).length === 0 &&
    (news.retentionDays === undefined || olds.retentionDays === news.retentionDays);
  if (!isAsWanted) await write(client, id, news, current.metadata, olds.metadata);
  return { outs: outputs({ ...news, ...currentPair(news.organizationId, news) }) };
}

/** Its data is deleted in the background; a project that is gone already is success. */
export async function remove(
  id: string,
  props: ProjectOutputs,
  client: ProjectClient = clientFor(props, { waits: false }),
  admin: SpareKeyMaker = adminClient(),
  spare: (pair: KeyPair) => ProjectClient = clientOf,
): Promise<void> {
  const work = (given: ProjectClient) =>
    given.deleteProject(id).catch((error) => requireGone(error, id, () => given.listProjects()));
  await deleteInAnyCase(props.organizationId, work, { stored: client, spare, admin });
}

async function write(
  client: ProjectClient,
  id: string,
  inputs: ProjectInputs,
  metadata: LangfuseProject["metadata"],
  former: ProjectInputs["metadata"],
): Promise<void> {
  const settings = { name: inputs.name, metadata: wantedMetadata(inputs, metadata, former), ...retention(inputs) };
  requireRetention(inputs, await client.updateProject(id, settings));
}

function requireRetention(wanted: ProjectInputs, { retentionDays }: LangfuseProject): void {
  // 0 and never set are both answered by silence.
  if (wanted.retentionDays === undefined || (retentionDays ?? 0) === wanted.retentionDays) return;
  throw new AccessError(
    "incomplete",
    `Langfuse accepted ${wanted.retentionDays} days of retention for project "${wanted.name}" but reports ${retentionDays ?? "none"}. Look at the server's licence and log, and run the update again.`,
  );
}

function wantedMetadata(
  { metadata = {}, managedBy }: ProjectInputs,
  current: unknown,
  former: ProjectInputs["metadata"] = {},
): Record<string, unknown> {
  return withMarker(withDeclared(current, metadata, former), managedBy);
}

function retention({ retentionDays }: ProjectInputs): { retention?: number } {
  return retentionDays === undefined ? {} : { retention: retentionDays };
}

/** No metadata and none declared mean the same. */
function withMetadata(props: ProjectOutputs): ProjectOutputs {
  return { ...props, metadata: props.metadata ?? {} };
}

function sightOf(inputs: ProjectInputs): ProjectSight {
  const { organizationId } = inputs;
  return {
    projects: () => once(`projects of ${organizationId}`, () => clientFor(inputs).listProjects()),
    names: () =>
      once(`names in ${organizationId}`, async () => (await adminClient().getOrganization(organizationId)).projects),
  };
}

function clientFor(inputs: ProjectOutputs, options?: { readonly waits: boolean }): ProjectClient {
  return organizationClient(inputs.organizationId, inputs, options);
}

/** Exactly what is stored: the engine adds properties of its own to what it passes. */
function outputs({
  organizationId,
  name,
  managedBy,
  retentionDays,
  metadata,
  publicKey,
  secretKey,
}: ProjectInputs): ProjectOutputs {
  return {
    organizationId,
    name,
    managedBy,
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(metadata === undefined ? {} : { metadata }),
    publicKey,
    secretKey,
  };
}
