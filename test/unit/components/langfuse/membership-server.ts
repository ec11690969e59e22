import { MemberLists } from "#components/langfuse/member-lists.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { refusal } from "../answers.ts";

export const inputs = {
  organizationId: "o1",
  email: "ann@example.com",
  role: "OWNER" as Role,
  publicKey: "pk-lf-1",
  secretKey: "sk-lf-1",
};

const rowsOf = (members: Record<string, string>) =>
  Object.entries(members).map(([email, role]) => ({ userId: `u-${email}`, email, role }));

/**
 * An organization with these members, by address, and these roles in projects; the id of a person is the address with a
 * `u-` before it.
 */
export function server(members: Record<string, string> = {}, projects: Record<string, Record<string, string>> = {}) {
  const writes: string[] = [];
  const reads: string[] = [];
  const project = (id: string) => {
    const rows = projects[id];
    if (!rows) throw refusal(404);
    return rows;
  };
  return {
    writes,
    reads,
    listMemberships: async () => {
      reads.push("organization");
      return rowsOf(members);
    },
    createScimUser: async ({ userName, role }: { userName: string; role: Role }) => {
      if (members[userName]) throw refusal(409);
      writes.push(`create ${userName} ${role}`);
      members[userName] = role;
      return { id: `u-${userName}`, userName };
    },
    updateScimUser: async (id: string, role: Role) => {
      const owners = Object.keys(members).filter((email) => members[email] === "OWNER");
      if (role !== "OWNER" && owners.length === 1 && owners[0] === id.slice(2)) {
        throw refusal(403, "Cannot remove the last owner of an organization.");
      }
      writes.push(`update ${id} ${role}`);
      members[id.slice(2)] = role;
    },
    deleteScimUser: async (id: string) => {
      writes.push(`delete ${id}`);
      delete members[id.slice(2)];
    },
    listProjects: async () => Object.keys(projects).map((id) => ({ id, name: id })),
    listProjectMemberships: async (id: string) => {
      reads.push(id);
      return rowsOf(project(id));
    },
    putProjectMembership: async (id: string, userId: string, role: Role) => {
      writes.push(`${id}: put ${userId} ${role}`);
      project(id)[userId.slice(2)] = role;
      return { userId, role };
    },
    deleteProjectMembership: async (id: string, userId: string) => {
      writes.push(`${id}: delete ${userId}`);
      delete project(id)[userId.slice(2)];
    },
  };
}

/** What a new provider process knows: nothing. */
export const fresh = () => new MemberLists();

export const refuse = (status: number) => () => Promise.reject(refusal(status));
export const locked = { ...server(), listMemberships: refuse(401) };
