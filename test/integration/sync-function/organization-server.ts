import { type Answer, type Received, startServer, type TestServer } from "./http-server.ts";

export interface OrganizationServer extends TestServer {
  /** Role by address, as it is now. */
  roles(): Record<string, string>;
  /** Requests that were not reads. */
  writes(): readonly Received[];
}

/** The membership calls of an organization in Langfuse; for faults that the stand-in does not have. */
export async function startOrganization(
  members: Readonly<Record<string, string>>,
  fault: (request: Received) => Answer | undefined = () => undefined,
): Promise<OrganizationServer> {
  const roles = new Map(Object.entries(members));
  const server = await startServer((request) => {
    const answer = fault(request);
    if (answer !== undefined) return answer;
    if (request.method === "GET" && request.url.pathname.endsWith("/scim/Users")) {
      return { status: 200, json: { totalResults: roles.size, Resources: [] } };
    }
    if (request.method === "GET" && request.url.pathname.endsWith("/organizations/projects")) {
      return { status: 200, json: { projects: [] } };
    }
    if (request.method === "GET") {
      const memberships = [...roles].map(([email, role]) => ({ userId: `user-${email}`, role, email, name: null }));
      return { status: 200, json: { memberships } };
    }
    const id = decodeURIComponent(request.url.pathname.split("/").at(-1) ?? "");
    const { roles: wanted } = JSON.parse(request.body) as { roles: string[] };
    roles.set(id.replace("user-", ""), wanted[0] ?? "NONE");
    return { status: 200, json: { schemas: [], id, userName: id.replace("user-", "") } };
  });
  return Object.assign(server, {
    roles: () => Object.fromEntries(roles),
    writes: () => server.received.filter(({ method }) => method !== "GET"),
  });
}

export const LANGFUSE_CREDENTIALS = { publicKey: "pk-lf-test", secretKey: "sk-lf-secret-value" };
