import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { GATE_ATTRIBUTE, OWNER_ATTRIBUTE } from "./ownership.ts";

export interface RealmRolesArgs {
  readonly realmId: string;
  /** Role that opens the login gate; every other role includes it. */
  readonly gateRole: string;
  /** The gate's role is of others: it is not declared, and no other role includes it. */
  readonly adoptGateRole?: boolean;
  /** Ids of gate roles of an earlier configuration, which the flows in force go by until others are bound. */
  readonly retiredGateRoles?: readonly string[];
  /** Name of the stack, told in an attribute of each role. */
  readonly owner: string;
  readonly roles: readonly {
    readonly name: string;
    readonly description?: string | undefined;
  }[];
}

/**
 * The realm roles that Langfuse roles are derived from. Each is a composite that includes the gate's role, so whoever
 * holds any of them directly, through a group or through another composite may enter, and nobody else.
 */
export class RealmRoles extends pulumi.ComponentResource {
  readonly names: pulumi.Output<string[]>;
  readonly gateRoleName: pulumi.Output<string>;

  constructor(name: string, args: RealmRolesArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:keycloak:RealmRoles", name, {}, options);
    const child = { parent: this };
    const { realmId, owner } = args;
    const gateRole = args.adoptGateRole
      ? undefined
      : new keycloak.Role(
          `${name}-${args.gateRole}`,
          {
            realmId,
            name: args.gateRole,
            description: "May sign in to Langfuse",
            attributes: { [OWNER_ATTRIBUTE]: owner, [GATE_ATTRIBUTE]: "true" },
          },
          child,
        );
    const compositeRoles = [...(gateRole ? [gateRole.id] : []), ...(args.retiredGateRoles ?? [])];
    const roles = args.roles.map(
      (role) =>
        new keycloak.Role(
          `${name}-${role.name}`,
          {
            realmId,
            name: role.name,
            ...(role.description ? { description: role.description } : {}),
            attributes: { [OWNER_ATTRIBUTE]: owner },
            ...(compositeRoles.length > 0 ? { compositeRoles } : {}),
          },
          child,
        ),
    );
    this.names = pulumi.all(roles.map((role) => role.name));
    this.gateRoleName = gateRole?.name ?? pulumi.output(args.gateRole);
    this.registerOutputs({ names: this.names, gateRoleName: this.gateRoleName });
  }
}
