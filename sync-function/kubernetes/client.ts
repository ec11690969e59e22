import type * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpRequest } from "../http/client.ts";
import type { KubernetesAccess } from "./access.ts";

/** Objects of the Kubernetes API; `path` begins with `/api` or `/apis`. Every method throws `AccessError`. */
export interface KubernetesClient {
  /** Undefined when there is no such object. */
  read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined>;
  /** Posts to a collection; undefined when an object of this name exists already. */
  create<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T | undefined>;
  /** Puts an object; undefined when `metadata.resourceVersion` is no longer the current one. */
  replace<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T | undefined>;
}

/** One call may be silent for this long, in milliseconds; the API server answers in a few. */
const TIMEOUT = 10_000;
const DEADLINE = 30_000;

/** @param signal ends every call */
export function createKubernetesClient(access: KubernetesAccess, signal?: AbortSignal): KubernetesClient {
  const client = createHttpClient({
    service: "Kubernetes",
    baseUrl: access.url,
    timeout: TIMEOUT,
    deadline: DEADLINE,
    ...(access.certificateAuthority !== undefined && { certificateAuthority: access.certificateAuthority }),
    ...(signal && { signal }),
    remedy,
  });
  const send = <T>(request: HttpRequest, schema: z.ZodType<T>) =>
    client.send({ ...request, headers: { authorization: `Bearer ${access.token()}` } }, schema);
  return {
    read: (path, schema) => unless(404, send({ method: "GET", path }, schema)),
    create: (path, body, schema) => unless(409, send({ method: "POST", path, body }, schema)),
    // A conflict is the verdict of optimistic concurrency, so it is not repeated like a lost race.
    replace: (path, body, schema) => unless(409, send({ method: "PUT", path, body, repetition: "create" }, schema)),
  };
}

async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AccessError && error.status === status) return undefined;
    throw error;
  }
}

function remedy(status: number): string | undefined {
  if (status === 401) return "check that the token is of this cluster and has not ended";
  if (status === 403) return "give the service account a Role with this verb on this resource, and bind it";
  if (status === 404) return "check that the namespace exists";
  return undefined;
}
