import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpOptions } from "../http/client.ts";
import { langfuseRemedy } from "./remedy.ts";

export interface ProjectKeyOptions extends Pick<HttpOptions, "timeout" | "deadline" | "attempts" | "signal"> {
  /** Address of Langfuse without `/api`. */
  readonly url: string;
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What a key opens, as the server tells it. */
export interface KeyScope {
  readonly projectId: string;
  readonly projectName: string;
  readonly organizationId: string;
}

/** What a key should open; what is absent may be anything. */
export interface ExpectedScope {
  readonly projectId?: string | undefined;
  readonly organizationId?: string | undefined;
}

const answer = z.object({
  data: z.array(
    z.object({ id: z.string().min(1), name: z.string(), organization: z.object({ id: z.string().min(1) }) }),
  ),
});

/**
 * Asks Langfuse which project a key is of. A key does not tell that by itself: pairs of all projects look alike, and one
 * in the wrong place writes traces where other people read them.
 *
 * @throws AccessError `unauthorised` for a key that is refused or is none of a project
 */
export async function readKeyScope(options: ProjectKeyOptions): Promise<KeyScope> {
  const { publicKey, secretKey, url } = options;
  const { send } = createHttpClient({
    ...options,
    service: "Langfuse",
    baseUrl: `${url.replace(/\/+$/, "")}/api/public`,
    headers: { authorization: `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}` },
    remedy: (status, message) =>
      status === 403
        ? "this is a key of an organization; a service needs one of a project"
        : langfuseRemedy(status, message),
  });
  const { data } = await send({ method: "GET", path: "/projects" }, answer);
  const [project] = data;
  if (!project || data.length > 1) {
    throw new AccessError(
      "incomplete",
      `Langfuse: the key opens ${data.length} projects, and a key of a project opens one`,
    );
  }
  return { projectId: project.id, projectName: project.name, organizationId: project.organization.id };
}

/** Why a key must not be used for what is expected; undefined when it may. */
export function objectionToScope(scope: KeyScope, { projectId, organizationId }: ExpectedScope): string | undefined {
  const { projectName } = scope;
  if (projectId !== undefined && scope.projectId !== projectId) {
    return `the key is of project "${projectName}" (${scope.projectId}), and not of project ${projectId}; put the key of that project in its place`;
  }
  if (organizationId !== undefined && scope.organizationId !== organizationId) {
    return `the key is of project "${projectName}" in organization ${scope.organizationId}, and not in organization ${organizationId}; put a key of that organization in its place`;
  }
  return undefined;
}

/**
 * Makes sure that a key opens what it should, before anybody uses it.
 *
 * @param what for messages, for example `The key of chat in production`
 * @throws AccessError `refused` for a key of something else, or what `readKeyScope` throws
 */
export async function requireKeyScope(
  options: ProjectKeyOptions,
  expected: ExpectedScope,
  what = "Langfuse",
): Promise<KeyScope> {
  const scope = await readKeyScope(options);
  const objection = objectionToScope(scope, expected);
  if (objection !== undefined) throw new AccessError("refused", `${what}: ${objection}`);
  return scope;
}
