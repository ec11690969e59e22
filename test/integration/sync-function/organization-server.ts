import { type Answer, type Received, startServer, type TestServer } from "./http-server.ts";

export interface OrganizationServer extends TestServer {
  /** Role by address, as it is now. */
  roles(): Record<string, string>;
  /** Role in the project by address, as it is now. */
  rows(): Record<string, string>;
  /** Requests that were not reads. */
  writes(): readonly Received[];
}

/** The project of an organization that was given rows. */
export const PROJECT = { id: "project-1", name: "Assistant" };

/**
 * The membership calls of an organization in Langfuse; for faults that the stand-in does not have.
 *
 * @param rows roles in its project, which it has only if they are given
 */
export async function startOrganization(
  members: Readonly<Record<string, string>>,
  fault: (request: Received) => Answer | undefined = () => undefined,
  rows?: Readonly<Record<string, string>>,
): Promise<OrganizationServer> {
  const roles = new Map(Object.entries(members));
  const inProject = new Map(Object.entries(rows ?? {}));
  const server = await startServer((request) => {
    const answer = fault(request);
    if (answer !== undefined) return answer;
    if (request.method === "GET") return read(request.url.pathname);
    const body = request.body === "" ? {} : (JSON.parse(request.body) as Body);
    return request.url.pathname.includes("/projects/")
      ? writeRow(request.method, body)
      : writeMember(request.method, request.url.pathname, body);
  });
  const read = (path: string): Answer => {
    if (path.endsWith("/scim/Users")) return { status: 200, json: { totalResults: roles.size, Resources: [] } };
    if (path.endsWith("/organizations/projects")) return { status: 200, json: { projects: rows ? [PROJECT] : [] } };
    const list = path.endsWith(`/projects/${PROJECT.id}/memberships`) ? inProject : roles;
    const memberships = [...list].map(([email, role]) => ({ userId: userIdOf(email), role, email, name: null }));
    return { status: 200, json: { memberships } };
  };
  const writeRow = (method: string, { userId = "", role = "NONE" }: Body): Answer => {
    if (method === "PUT") inProject.set(emailOf(userId), role);
    else if (!inProject.delete(emailOf(userId)))
      return { status: 404, json: { error: "Project membership not found" } };
    return { status: 200, json: { userId, role } };
  };
  const writeMember = (method: string, path: string, { userName, roles: [wanted = "NONE"] = [] }: Body): Answer => {
    const email = userName ?? emailOf(decodeURIComponent(path.split("/").at(-1) ?? ""));
    if (method === "POST" && roles.has(email)) return { status: 409, json: { detail: "already exists" } };
    if (method === "DELETE") {
      roles.delete(email);
      inProject.delete(email);
      return { status: 204 };
    }
    roles.set(email, wanted);
    return { status: method === "POST" ? 201 : 200, json: { schemas: [], id: userIdOf(email), userName: email } };
  };
  return Object.assign(server, {
    roles: () => Object.fromEntries(roles),
    rows: () => Object.fromEntries(inProject),
    writes: () => server.received.filter(({ method }) => method !== "GET"),
  });
}

interface Body {
  readonly userName?: string;
  readonly roles?: readonly string[];
  readonly userId?: string;
  readonly role?: string;
}

const userIdOf = (email: string) => `user-${email}`;
const emailOf = (userId: string) => userId.replace("user-", "");

export const LANGFUSE_CREDENTIALS = { publicKey: "pk-lf-test", secretKey: "sk-lf-secret-value" };
