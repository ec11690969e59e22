import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { LangfuseOrganization } from "#sync/langfuse/answers.ts";
import { type CheckResult, changedProperties, checkInputs } from "../dynamic/inputs.ts";
import { adminClient } from "./connection.ts";
import { isManagedBy, withMarker } from "./marker.ts";

export interface OrganizationInputs {
  readonly name: string;
  readonly managedBy: string;
}

const shape = { name: z.string().min(3).max(60), managedBy: z.string().min(1) };

/** How long the server may take to delete the data of removed projects, which blocks the deletion, in milliseconds. */
const PROJECT_DELETION = 120_000;

export const check = (news: OrganizationInputs): CheckResult<OrganizationInputs> => checkInputs(shape, news);

export function diff(olds: OrganizationInputs, news: OrganizationInputs): { changes: boolean } {
  return { changes: changedProperties(olds, news, ["name", "managedBy"]).length > 0 };
}

/** Takes over the organization of an earlier run whose answer was lost, so that no second one appears. */
export async function create(
  inputs: OrganizationInputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<{ id: string; outs: OrganizationInputs }> {
  const { name, managedBy } = inputs;
  const organizations = await client.listOrganizations();
  const known = organizations.find((organization) => isManagedBy(organization.metadata, managedBy));
  const { id } = known
    ? await client.updateOrganization(known.id, { name, metadata: withMarker(known.metadata, managedBy) })
    : await client.createOrganization({ name, metadata: withMarker({}, managedBy) });
  return { id, outs: { name, managedBy } };
}

/** An organization that is gone answers without id, which is how the engine learns that it has to be made again. */
export async function read(
  id: string,
  props: OrganizationInputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<{ id?: string; props?: OrganizationInputs; inputs?: OrganizationInputs }> {
  const found = await get(client, id);
  if (!found) return {};
  const managedBy = isManagedBy(found.metadata, props.managedBy) ? props.managedBy : "";
  const current = { name: found.name, managedBy };
  return { id, props: current, inputs: current };
}

export async function update(
  id: string,
  news: OrganizationInputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<{ outs: OrganizationInputs }> {
  const { name, managedBy } = news;
  const { metadata } = await client.getOrganization(id);
  await client.updateOrganization(id, { name, metadata: withMarker(metadata, managedBy) });
  return { outs: { name, managedBy } };
}

/** Waits for projects that are still being deleted; projects that are not ours to delete end in the server's refusal. */
export async function remove(id: string, client: LangfuseAdminClient = adminClient()): Promise<void> {
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
      if (!isBlocked || late.aborted) throw error;
      await sleep(1_000);
    }
  }
}

async function get(client: LangfuseAdminClient, id: string): Promise<LangfuseOrganization | undefined> {
  return await client.getOrganization(id).catch((error) => {
    if (error instanceof AccessError && error.status === 404) return undefined;
    throw error;
  });
}
