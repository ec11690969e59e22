import path from "node:path";
import { Stack, type StackOptions } from "../pulumi/stack.ts";
import type { Bed } from "./bed.ts";

/** The declared break-glass owner, whom Keycloak does not know. */
export const breakGlass = "break-glass@example.com";

/** Settings of the program for the company of the bed. */
export function companySettings(bed: Bed): Record<string, unknown> {
  return {
    keycloak: {
      url: bed.keycloak.url,
      internalUrl: bed.inCluster.keycloakUrl,
      realm: bed.realm,
      admin: { username: bed.keycloak.adminUsername },
    },
    roles: [
      { name: "langfuse-admin", grants: "ADMIN" },
      { name: "langfuse-member", grants: "MEMBER" },
      { name: "langfuse-viewer", grants: "VIEWER" },
    ],
    langfuse: {
      url: bed.langfuse.url,
      internalUrl: bed.inCluster.langfuseUrl,
      organization: { name: "Company" },
      project: { name: "Assistant" },
      members: [{ email: breakGlass, role: "OWNER" }],
      deletionPolicy: "delete",
    },
    kubernetes: { kubeconfig: bed.cluster.kubeconfig },
    // Runs are started by hand: one of the schedule's own would now and then hold the lease, and be first to write.
    sync: { image: bed.cluster.image, imagePullPolicy: "Never", suspend: true },
  };
}

export function companySecrets(bed: Bed): Record<string, string> {
  return { keycloakAdminSecret: bed.keycloak.adminPassword, langfuseAdminApiKey: bed.langfuse.adminApiKey };
}

/** A stack of the program for that company, not yet deployed. */
export async function companyStack(
  bed: Bed,
  name: string,
  options: Pick<StackOptions, "progress" | "environment" | "signal">,
): Promise<Stack> {
  return await Stack.create({
    name,
    folder: path.join(bed.folder, `stack-${name}`),
    processes: bed.processes,
    settings: companySettings(bed),
    secrets: companySecrets(bed),
    ...options,
  });
}
