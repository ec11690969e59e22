import { refusal } from "../answers.ts";

export const inputs = {
  organizationId: "o1",
  name: "Assistant",
  managedBy: "access/dev/project",
  publicKey: "pk-lf-1",
  secretKey: "sk-lf-1",
};
export const marked = { managedBy: inputs.managedBy };

interface Row {
  readonly id: string;
  readonly name: string;
  readonly metadata: unknown;
}

/** An organization with these projects that notes what is written. */
export function server(projects: Row[] = []) {
  const writes: string[] = [];
  return {
    writes,
    listProjects: async () => projects,
    createProject: async (settings: { name: string; metadata?: unknown; retention?: number }) => {
      writes.push(`create ${JSON.stringify(settings)}`);
      return { id: "new", ...settings, retentionDays: settings.retention };
    },
    updateProject: async (id: string, settings: { name: string; metadata?: unknown; retention?: number }) => {
      if (!projects.some((row) => row.id === id)) throw refusal(404);
      writes.push(`update ${id} ${JSON.stringify(settings)}`);
      return { id, ...settings };
    },
    deleteProject: async (id: string) => {
      if (!projects.some((row) => row.id === id)) throw refusal(404);
      writes.push(`delete ${id}`);
    },
  };
}

/** The same with a key that the server refuses. */
export const locked = () => {
  const refuse = () => Promise.reject(refusal(401));
  return { listProjects: refuse, createProject: refuse, updateProject: refuse, deleteProject: refuse };
};
