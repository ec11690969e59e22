import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";

export interface RealmRolesArgs {
  readonly realmId: pulumi.Input<string>;
  /** Role that opens the login gate; every other role includes it. */
  readonly gateRole: string;
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
    const gateRole = new keycloak.Role(
      `${name}-${args.gateRole}`,
      { realmId: args.realmId, name: args.gateRole, description: "May sign in to Langfuse" },
      child,
    );
    const roles = args.roles.map(
      (role) =>
        new keycloak.Role(
          `${name}-${role.name}`,
          {
            realmId: args.realmId,
            name: role.name,
            ...(role.description ? { description: role.description } : {}),
            compositeRoles: [gateRole.id],
          },
          child,
        ),
    );
    this.names = pulumi.all(roles.map((role) => role.name));
    this.gateRoleName = gateRole.name;
    this.registerOutputs({ names: this.names, gateRoleName: this.gateRoleName });
  }
}
