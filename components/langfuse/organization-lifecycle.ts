import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { LangfuseOrganization } from "#sync/langfuse/answers.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { requireGone, withExisting } from "./absence.ts";
import { ADOPTIONS, type Adoption, ownOrAdopted } from "./adoption.ts";
import { announce } from "./announcement.ts";
import { adminClient, entitle, once } from "./connection.ts";
import { foretell, mayBeThere, organizationForecast } from "./forecast.ts";
import { canBeMarked, isManagedBy, withMarker } from "./marker.ts";

export interface OrganizationInputs {
  readonly name: string;
  readonly managedBy: string;
  /** Default `never`. */
  readonly adopt?: Adoption;
}

type OrganizationOutputs = Omit<OrganizationInputs, "adopt">;

/** What this resource asks of Langfuse. */
type OrganizationClient = Pick<
  LangfuseAdminClient,
  "listOrganizations" | "getOrganization" | "createOrganization" | "updateOrganization" | "deleteOrganization"
>;

const shape = {
  name: z.string().min(3).max(60),
  managedBy: z.string().min(1),
  adopt: z.enum(ADOPTIONS).optional(),
};

/** How long the server may take to delete the data of removed projects, which blocks the deletion, in milliseconds. */
const PROJECT_DELETION = 120_000;

/** Also tells of one that may be taken over whether it will be. */
export async function check(
  olds: Partial<OrganizationInputs>,
  news: OrganizationInputs,
  clientOf: () => Pick<OrganizationClient, "listOrganizations"> = adminClient,
  say: (line: string) => void = announce,
): Promise<CheckResult<OrganizationInputs>> {
  const { inputs, failures } = checkInputs(shape, news);
  if (failures.length > 0 || news.name === UNKNOWN || !mayBeThere(olds, news)) return { inputs, failures };
  const refusal = await foretell(async () => {
    const organizations = await once("organizations", () => clientOf().listOrganizations());
    const known = ownOrAdopted("organization", organizations, { ...news, adopt: "if-exists" }, false);
    if (known) marked(known, news.managedBy);
    return [organizationForecast(news, known, organizations)];
  }, say);
  return { inputs, failures: refusal === undefined ? [] : [{ property: "name", reason: refusal }] };
}

/** Whether to adopt matters only when it is created. */
export function diff(
  id: string,
  olds: OrganizationOutputs,
  news: OrganizationInputs,
  say: (line: string) => void = announce,
): { changes: boolean } {
  entitle(id, news.name);
  if (olds.name !== news.name) say(`organization ${olds.name} → ${news.name}`);
  return { changes: changedProperties<OrganizationOutputs>(olds, news, ["name", "managedBy"]).length > 0 };
}

/** Takes over the organization of an earlier run whose answer was lost, so that no second one appears, or one to adopt. */
export async function create(
  inputs: OrganizationInputs,
  client: OrganizationClient = adminClient(),
): Promise<{ id: string; outs: OrganizationOutputs }> {
  const { name, managedBy, adopt = "never" } = inputs;
  const organizations = await client.listOrganizations();
  const known = ownOrAdopted("organization", organizations, { name, managedBy, adopt }, false);
  const { id } = known
    ? await client.updateOrganization(known.id, { name, metadata: marked(known, managedBy) })
    : await client.createOrganization({ name, metadata: withMarker({}, managedBy) });
  entitle(id, name);
  return { id, outs: { name, managedBy } };
}

/** An organization that is gone answers without id, which is how the engine learns that it has to be made again. */
export async function read(
  id: string,
  props: OrganizationOutputs,
  client: OrganizationClient = adminClient(),
): Promise<{ id?: string; props?: OrganizationOutputs; inputs?: OrganizationInputs }> {
  const found = await get(client, id);
  if (!found) return {};
  const managedBy = isManagedBy(found.metadata, props.managedBy) ? props.managedBy : "";
  const current = { name: found.name, managedBy };
  return { id, props: current, inputs: current };
}

export async function update(
  id: string,
  news: OrganizationInputs,
  client: OrganizationClient = adminClient(),
): Promise<{ outs: OrganizationOutputs }> {
  const { name, managedBy } = news;
  const place = { id, what: `The organization "${name}" (${id})`, list: () => client.listOrganizations() };
  await withExisting(place, async () => {
    const metadata = marked(await client.getOrganization(id), managedBy);
    await client.updateOrganization(id, { name, metadata });
  });
  return { outs: { name, managedBy } };
}

/** Waits for projects that are still being deleted; projects that are not ours to delete end in the server's refusal. */
export async function remove(
  id: string,
  client: OrganizationClient = adminClient(),
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<void> {
  const late = AbortSignal.timeout(PROJECT_DELETION);
  for (;;) {
    const organization = await get(client, id);
    if (!organization) return;
    if (organization.projects.length > 0) {
      const names = organization.projects.map((project) => `"${project.name}"`).join(", ");
      throw new AccessError(
        "refused",
        `The organization "${organization.name}" still has the projects ${names}, which this program does not manage. Delete or move them first.`,
      );
    }
    try {
      await client.deleteOrganization(id);
      return;
    } catch (error) {
      const isBlocked = error instanceof AccessError && error.status === 400;
      // A repetition after a lost answer finds nothing left.
      if (!isBlocked) return await requireGone(error, id, () => client.listOrganizations());
      if (late.aborted) throw error;
      await pause(1_000);
    }
  }
}

/** Langfuse takes any JSON as metadata of an organization, but only an object has room for the marker. */
function marked({ id, name, metadata }: LangfuseOrganization, managedBy: string): Record<string, unknown> {
  if (canBeMarked(metadata)) return withMarker(metadata, managedBy);
  throw new AccessError(
    "refused",
    `The metadata of organization "${name}" (${id}) is ${Array.isArray(metadata) ? "a list" : `a ${typeof metadata}`}, which would be lost: this program writes its marker there and needs an object. Change the metadata to an object, or clear it.`,
  );
}

async function get(client: OrganizationClient, id: string): Promise<LangfuseOrganization | undefined> {
  return await client.getOrganization(id).catch(async (error) => {
    await requireGone(error, id, () => client.listOrganizations());
    return undefined;
  });
}
