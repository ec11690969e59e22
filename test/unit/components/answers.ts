import { configure } from "#components/langfuse/connection.ts";
import { AccessError } from "#sync/errors.ts";

/** What a client throws for an answer with this status. */
export const refusal = (status: number, message = "said the server"): AccessError =>
  new AccessError(status === 401 || status === 403 ? "unauthorised" : "unreachable", `${status}: ${message}`, {
    status,
  });

/** A call that must not happen. */
export const never = (): never => {
  throw new Error("this call was not expected");
};

/** Where nobody listens to what is announced. */
export const silent = (): void => {};

/** The server key of a server on which the organization `o1` is. */
export const standing = {
  getOrganization: async () => ({ id: "o1", name: "Company", projects: [] }),
  listOrganizations: async () => [{ id: "o1", name: "Company", projects: [] }],
};

/** The same for one on which it is gone. */
export const gone = {
  getOrganization: () => Promise.reject(refusal(404)),
  listOrganizations: async () => [],
};

/** A server key that must not be used. */
export const unused = { getOrganization: never, listOrganizations: never };
export const noSpare = { listOrganizations: never, createApiKey: never, deleteApiKey: never };

/** A server key that notes when a pair is made for one deletion, and when it ends. */
export const spareKeys = (writes: string[]) => ({
  listOrganizations: never,
  createApiKey: async () => {
    writes.push("spare");
    return { id: "spare", publicKey: "pk-lf-spare", secretKey: "sk-lf-spare" };
  },
  deleteApiKey: async () => {
    writes.push("no spare");
  },
});

/** The server key of a server on which the organization is gone. */
export const noOrganization = {
  listOrganizations: async () => [],
  createApiKey: () => Promise.reject(refusal(404)),
  deleteApiKey: never,
};

let processes = 0;

/** What a new provider process knows of Langfuse: where it is, and no pair of any organization. */
export const freshProcess = (): void => {
  processes += 1;
  const langfuse = JSON.stringify({ url: `http://langfuse-${processes}.invalid` });
  configure({ get: () => undefined, require: () => langfuse });
};
