import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { STATE_FILE } from "./sync-files.ts";

export interface SyncMemoryArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the ServiceAccount that may use it. */
  readonly account: pulumi.Input<string>;
  /** How many pods share the work; each has a lease and a state of its own. */
  readonly shards: number;
  /** PersistentVolumeClaim that holds the states instead of ConfigMaps. */
  readonly stateVolumeClaim?: string | undefined;
}

/**
 * What one run of the sync leaves for the next, and what keeps two apart: for each shard a Lease and a ConfigMap for its
 * state, with the right to read and replace exactly these. They are made here, empty, because Kubernetes cannot limit
 * the right to create to a name.
 */
export class SyncMemory extends pulumi.ComponentResource {
  /** Variables by which the sync finds it; a shard adds its number to the names by itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that must be there before the first run. */
  readonly parts: readonly pulumi.Resource[];

  constructor(name: string, args: SyncMemoryArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:SyncMemory", name, {}, options);
    const { namespace, labels, shards, stateVolumeClaim } = args;
    const child = { parent: this };
    const suffixes = shards === 1 ? [""] : Array.from({ length: shards }, (_, shard) => `-${shard}`);
    const leases = suffixes.map((suffix) => `${name}${suffix}`);
    const states = stateVolumeClaim === undefined ? suffixes.map((suffix) => `${name}-state${suffix}`) : [];
    const objects = [
      ...leases.map(
        (lease) =>
          new kubernetes.coordination.v1.Lease(
            `${lease}-lease`,
            { metadata: { name: lease, namespace, labels } },
            // Its content is the runs' own.
            { ...child, ignoreChanges: ["spec"] },
          ),
      ),
      ...states.map(
        (state) =>
          new kubernetes.core.v1.ConfigMap(
            state,
            { metadata: { name: state, namespace, labels } },
            { ...child, ignoreChanges: ["data", "binaryData"] },
          ),
      ),
    ];
    const role = new kubernetes.rbac.v1.Role(
      `${name}-role`,
      {
        metadata: { name, namespace, labels },
        rules: [
          {
            apiGroups: ["coordination.k8s.io"],
            resources: ["leases"],
            resourceNames: leases,
            verbs: ["get", "update"],
          },
          // Without a name it would be a right to all of them.
          ...(states.length === 0
            ? []
            : [{ apiGroups: [""], resources: ["configmaps"], resourceNames: states, verbs: ["get", "update"] }]),
        ],
      },
      child,
    );
    const binding = new kubernetes.rbac.v1.RoleBinding(
      `${name}-role-binding`,
      {
        metadata: { name, namespace, labels },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: args.account, namespace }],
      },
      child,
    );
    const state: Record<string, string> =
      stateVolumeClaim === undefined ? { STATE_CONFIG_MAP: `${name}-state` } : { STATE_FILE };
    this.environment = { LEASE_NAME: name, ...state };
    this.parts = [...objects, binding];
    this.registerOutputs({});
  }
}
