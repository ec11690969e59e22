import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface SyncMemoryArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the ServiceAccount that may use it. */
  readonly account: pulumi.Input<string>;
  /** How many pods share the work; each has a lease and a state of its own. */
  readonly shards: number;
}

/**
 * What one run of the sync leaves for the next, and what keeps two apart: for each shard a Lease and a ConfigMap for its
 * state, with the right to read and replace exactly these. They are made here, empty, because Kubernetes cannot limit
 * the right to create to a name.
 */
export class SyncMemory extends pulumi.ComponentResource {
  /** Variables by which the sync finds it; a shard adds its number to the names by itself. */
  readonly environment: Readonly<Record<"LEASE_NAME" | "STATE_CONFIG_MAP", string>>;
  /** Everything that must be there before the first run. */
  readonly parts: readonly pulumi.Resource[];

  constructor(name: string, args: SyncMemoryArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:SyncMemory", name, {}, options);
    const { namespace, labels, shards } = args;
    const child = { parent: this };
    const suffixes = shards === 1 ? [""] : Array.from({ length: shards }, (_, shard) => `-${shard}`);
    const leases = suffixes.map((suffix) => `${name}${suffix}`);
    const states = suffixes.map((suffix) => `${name}-state${suffix}`);
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
            { ...child, ignoreChanges: ["data"] },
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
          { apiGroups: [""], resources: ["configmaps"], resourceNames: states, verbs: ["get", "update"] },
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
    this.environment = { LEASE_NAME: name, STATE_CONFIG_MAP: `${name}-state` };
    this.parts = [...objects, binding];
    this.registerOutputs({});
  }
}
