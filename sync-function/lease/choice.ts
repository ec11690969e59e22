import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { AccessError } from "../errors.ts";
import { kubernetesAccess } from "../kubernetes/access.ts";
import { createKubernetesClient } from "../kubernetes/client.ts";
import { fileLease } from "./file-lease.ts";
import { kubernetesLease } from "./kubernetes-lease.ts";
import { allOf, type Lease, NO_LEASE } from "./lease.ts";

export interface LeaseSettings {
  /** With LEASE_NAME, LEASE_NAMESPACE, LOCK_FILE, and what leads to the cluster. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What is written to, each by a name of its own: runs with other targets do not wait for each other. */
  readonly targets: readonly string[];
  /** How the name of this Job is told from those it shares the work with; may be empty. */
  readonly shard: string;
  /** Unique for this run. */
  readonly runId: string;
  readonly warn: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** @throws AccessError `usage` when a Lease is named that cannot be reached from here */
export function chooseLease({ environment, targets, shard, runId, warn, now }: LeaseSettings): Lease {
  const name = environment.LEASE_NAME;
  if (name) {
    const access = kubernetesAccess(environment);
    if (access === undefined) {
      throw new AccessError(
        "usage",
        `LEASE_NAME is "${name}", but this is no pod; set KUBERNETES_API_URL and KUBERNETES_TOKEN, or use LOCK_FILE instead`,
      );
    }
    return kubernetesLease({
      namespace: environment.LEASE_NAMESPACE || access.namespace,
      name: `${name}${shard.replace(".", "-")}`,
      holder: ["langfuse-access", environment.HOSTNAME, "run", runId].filter(Boolean).join(" "),
      now,
      client: createKubernetesClient(access),
      onTrouble: warn,
    });
  }
  const title = `run ${runId}`;
  if (environment.LOCK_FILE) return fileLease({ file: `${environment.LOCK_FILE}${shard}`, title });
  // Pods share no folder; there the CronJob's concurrencyPolicy, or a Lease, keeps runs apart.
  if (environment.KUBERNETES_SERVICE_HOST) return NO_LEASE;
  // Always in the same order, so that two that need several cannot wait for each other.
  return allOf(
    targets.toSorted().map((target) => {
      const key = createHash("sha256").update(target).digest("hex").slice(0, 16);
      return fileLease({ file: path.join(tmpdir(), `langfuse-access-${key}.lock`), title, onUnwritable: warn });
    }),
  );
}
