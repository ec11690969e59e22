import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpOptions, type HttpRequest } from "../http/client.ts";
import { pathSegment } from "../http/path.ts";
import {
  apiKeyList,
  type CreatedApiKey,
  createdApiKey,
  type LangfuseApiKey,
  type LangfuseMembership,
  type LangfuseProject,
  membership,
  membershipList,
  project,
  projectList,
  type ScimUser,
  scimCount,
  scimUser,
} from "./answers.ts";
import { langfuseRemedy } from "./remedy.ts";
import type { Role } from "./role.ts";

export interface LangfuseOptions
  extends Pick<HttpOptions, "timeout" | "deadline" | "attempts" | "connections" | "signal"> {
  /** Address of Langfuse without `/api`. */
  readonly url: string;
  /** Organization key: it names the organization by itself. */
  readonly publicKey: string;
  readonly secretKey: string;
}

export interface ProjectSettings {
  /** 3 to 60 characters. */
  readonly name: string;
  /** Days, 0 for ever or at least 3; absent keeps what is set. */
  readonly retention?: number;
  /** Replaced as a whole; absent keeps what is set. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface ApiKeySettings {
  readonly note?: string;
  /** A pair of your own choice must be complete and begin with `pk-lf-` and `sk-lf-`. */
  readonly publicKey?: string;
  readonly secretKey?: string;
}

/** What an organization key can do. Every method throws `AccessError`; its `status` tells 404 and 409 apart. */
export interface LangfuseClient {
  /** All members of the organization in one answer, unordered: the only place where organization roles can be read. */
  listMemberships(): Promise<readonly LangfuseMembership[]>;
  /** How many members the organization has, as SCIM counts them; whatever their role. */
  countMembers(): Promise<number>;
  /** Makes the user if new and the membership; 409 when the person is a member already, whose role then stays. */
  createScimUser(person: { userName: string; role: Role; name?: string }): Promise<ScimUser>;
  /** Sets the organization role. Success proves nothing: read the memberships again to be sure. */
  updateScimUser(id: string, role: Role): Promise<void>;
  /** Removes the membership with all its project roles; never the user. Repeatable. */
  deleteScimUser(id: string): Promise<void>;
  /** Sets the organization role without the server's last-owner guard and audit entry; joins any user of the instance. */
  putMembership(userId: string, role: Role): Promise<LangfuseMembership>;
  /** Without last-owner guard; answers success for strangers too. */
  deleteMembership(userId: string): Promise<void>;
  listProjects(): Promise<readonly LangfuseProject[]>;
  createProject(settings: ProjectSettings): Promise<LangfuseProject>;
  updateProject(id: string, settings: ProjectSettings): Promise<LangfuseProject>;
  /** Gone from lists at once; its data is deleted in the background. */
  deleteProject(id: string): Promise<void>;
  listProjectMemberships(projectId: string): Promise<readonly LangfuseMembership[]>;
  /** The person must be a member of the organization (404 otherwise). NONE hides the project, it is not "no row". */
  putProjectMembership(projectId: string, userId: string, role: Role): Promise<LangfuseMembership>;
  /** No row is success. */
  deleteProjectMembership(projectId: string, userId: string): Promise<void>;
  listProjectApiKeys(projectId: string): Promise<readonly LangfuseApiKey[]>;
  /** The only time the secret is shown. */
  createProjectApiKey(projectId: string, settings?: ApiKeySettings): Promise<CreatedApiKey>;
  /** An unknown key is success. */
  deleteProjectApiKey(projectId: string, keyId: string): Promise<void>;
  /** Keys of the organization itself. */
  listApiKeys(): Promise<readonly LangfuseApiKey[]>;
}

/**
 * Two writes at a time bring nearly all there is (249 of 284 per second on 4.16); more only make the server lose
 * transactions. Counted are those under way: who waits to repeat one holds up nobody.
 */
const WRITE_CONNECTIONS = 2;

const USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";
const anything = z.unknown();

export function createLangfuseClient(options: LangfuseOptions): LangfuseClient {
  const credentials = Buffer.from(`${options.publicKey}:${options.secretKey}`).toString("base64");
  const common: HttpOptions = {
    ...options,
    service: "Langfuse",
    baseUrl: `${options.url.replace(/\/+$/, "")}/api/public`,
    headers: { authorization: `Basic ${credentials}` },
    remedy: langfuseRemedy,
  };
  const reads = createHttpClient(common);
  const writes = createHttpClient({ ...common, connections: WRITE_CONNECTIONS });
  const send = <T>(request: HttpRequest, schema: z.ZodType<T>) =>
    (request.method === "GET" ? reads : writes).send(request, schema);
  const user = (id: string) => `/scim/Users/${pathSegment(id)}`;
  const projectPath = (id: string) => `/projects/${pathSegment(id)}`;
  const memberships = "/organizations/memberships";

  return {
    listMemberships: async () => (await send({ method: "GET", path: memberships }, membershipList)).memberships,
    countMembers: async () => {
      const list = { method: "GET", path: "/scim/Users", query: { startIndex: 1, count: 1 } } as const;
      return (await send(list, scimCount)).totalResults;
    },
    createScimUser: ({ userName, role, name }) => {
      const body = { schemas: [USER_SCHEMA], userName, roles: [role], ...(name && { name: { formatted: name } }) };
      // A repetition after a lost answer is a 409, which says the same as success: the person is a member.
      return send({ method: "POST", path: "/scim/Users", body, repetition: "read" }, scimUser);
    },
    updateScimUser: async (id, role) => {
      // `active` is what makes the server look at `roles`.
      const body = { schemas: [USER_SCHEMA], active: true, roles: [role] };
      await send({ method: "PUT", path: user(id), body }, anything);
    },
    deleteScimUser: async (id) => {
      await send({ method: "DELETE", path: user(id) }, anything);
    },
    putMembership: (userId, role) => send({ method: "PUT", path: memberships, body: { userId, role } }, membership),
    deleteMembership: async (userId) => {
      await send({ method: "DELETE", path: memberships, body: { userId } }, anything);
    },
    listProjects: async () => (await send({ method: "GET", path: "/organizations/projects" }, projectList)).projects,
    createProject: (settings) => send({ method: "POST", path: "/projects", body: settings }, project),
    updateProject: (id, settings) => send({ method: "PUT", path: projectPath(id), body: settings }, project),
    deleteProject: async (id) => {
      await send({ method: "DELETE", path: projectPath(id) }, anything);
    },
    listProjectMemberships: async (id) =>
      (await send({ method: "GET", path: `${projectPath(id)}/memberships` }, membershipList)).memberships,
    putProjectMembership: (id, userId, role) =>
      send({ method: "PUT", path: `${projectPath(id)}/memberships`, body: { userId, role } }, membership),
    deleteProjectMembership: (id, userId) =>
      goneIsDone("Project membership not found", () =>
        send({ method: "DELETE", path: `${projectPath(id)}/memberships`, body: { userId } }, anything),
      ),
    listProjectApiKeys: async (id) =>
      (await send({ method: "GET", path: `${projectPath(id)}/apiKeys` }, apiKeyList)).apiKeys,
    createProjectApiKey: (id, settings = {}) =>
      send({ method: "POST", path: `${projectPath(id)}/apiKeys`, body: settings }, createdApiKey),
    deleteProjectApiKey: (id, keyId) =>
      goneIsDone("API key not found", () =>
        send({ method: "DELETE", path: `${projectPath(id)}/apiKeys/${pathSegment(keyId)}` }, anything),
      ),
    listApiKeys: async () => (await send({ method: "GET", path: "/organizations/apiKeys" }, apiKeyList)).apiKeys,
  };
}

/** These deletions answer 404 the second time, which a repeated request must not take for a failure. */
export async function goneIsDone(message: string, remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof AccessError && error.status === 404 && error.message.includes(message))) throw error;
  }
}
