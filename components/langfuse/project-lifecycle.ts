import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { type CheckResult, changedProperties, checkInputs } from "../dynamic/inputs.ts";
import { type KeyPair, organizationClient } from "./connection.ts";
import { isManagedBy, withMarker } from "./marker.ts";

export interface ProjectInputs extends KeyPair {
  readonly organizationId: string;
  readonly name: string;
  readonly managedBy: string;
}

const shape = { organizationId: z.string().min(1), name: z.string().min(3).max(60), managedBy: z.string().min(1) };

export const check = (news: ProjectInputs): CheckResult<ProjectInputs> => checkInputs(shape, news);

/** A new organization key only changes what is stored. */
export function diff(olds: ProjectInputs, news: ProjectInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["organizationId"]).map(String);
  const changed = changedProperties(olds, news, ["name", "managedBy", "publicKey", "secretKey"]);
  return { changes: replaces.length + changed.length > 0, replaces };
}

export async function create(
  inputs: ProjectInputs,
  client: LangfuseClient = organizationClient(inputs),
): Promise<{ id: string; outs: ProjectInputs }> {
  const projects = await client.listProjects();
  const known = projects.find((project) => isManagedBy(project.metadata, inputs.managedBy));
  if (known) {
    await update(known.id, inputs, client);
    return { id: known.id, outs: outputs(inputs) };
  }
  if (projects.some((project) => project.name === inputs.name)) {
    throw new AccessError(
      "refused",
      `The organization already has a project "${inputs.name}" that this stack does not manage. Choose another name in langfuse.project.name, or delete it in Langfuse.`,
    );
  }
  const { id } = await client.createProject({ name: inputs.name, metadata: withMarker({}, inputs.managedBy) });
  return { id, outs: outputs(inputs) };
}

export async function read(
  id: string,
  props: ProjectInputs,
  client: LangfuseClient = organizationClient(props),
): Promise<{ id?: string; props?: ProjectInputs; inputs?: ProjectInputs }> {
  const found = (await client.listProjects()).find((project) => project.id === id);
  if (!found) return {};
  const managedBy = isManagedBy(found.metadata, props.managedBy) ? props.managedBy : "";
  const current = { ...outputs(props), name: found.name, managedBy };
  return { id, props: current, inputs: current };
}

/** Writes only when something in Langfuse differs: a rotated key alone is no reason. */
export async function update(
  id: string,
  news: ProjectInputs,
  client: LangfuseClient = organizationClient(news),
): Promise<{ outs: ProjectInputs }> {
  const current = (await client.listProjects()).find((project) => project.id === id);
  if (current?.name !== news.name || !isManagedBy(current.metadata, news.managedBy)) {
    await client.updateProject(id, { name: news.name, metadata: withMarker(current?.metadata, news.managedBy) });
  }
  return { outs: outputs(news) };
}

/** Its data is deleted in the background; a project that is gone already is success. */
export async function remove(
  id: string,
  props: ProjectInputs,
  client: LangfuseClient = organizationClient(props),
): Promise<void> {
  await client.deleteProject(id).catch((error) => {
    if (!(error instanceof AccessError && error.status === 404)) throw error;
  });
}

/** Exactly what is stored: the engine adds properties of its own to what it passes. */
function outputs({ organizationId, name, managedBy, publicKey, secretKey }: ProjectInputs): ProjectInputs {
  return { organizationId, name, managedBy, publicKey, secretKey };
}
