import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";

export interface SyncServiceAccountArgs {
  readonly realmId: pulumi.Input<string>;
  /** Client id of the service account. */
  readonly clientId: string;
  /** Whether it follows client roles too. */
  readonly clientRoles: boolean;
}

/** Exactly what reading effective roles needs: less answers 200 with empty lists, more is not ours to have. */
const rights = ["view-users", "view-realm"];
/** Without it a client role that contains a realm role cannot be seen. */
const clientRoleRight = "view-clients";

/** The client the role sync signs in with: a service account that can read people and roles, and change nothing. */
export class SyncServiceAccount extends pulumi.ComponentResource {
  readonly clientId: pulumi.Output<string>;
  readonly clientSecret: pulumi.Output<string>;

  constructor(name: string, args: SyncServiceAccountArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:keycloak:SyncServiceAccount", name, {}, options);
    const child = { parent: this };
    const client = new keycloak.openid.Client(
      name,
      {
        realmId: args.realmId,
        clientId: args.clientId,
        name: "Langfuse role sync",
        accessType: "CONFIDENTIAL",
        serviceAccountsEnabled: true,
        standardFlowEnabled: false,
        implicitFlowEnabled: false,
        directAccessGrantsEnabled: false,
        oauth2DeviceAuthorizationGrantEnabled: false,
        // The account's rights must reach its token; it holds none beyond those below and the realm's default role.
        fullScopeAllowed: true,
      },
      child,
    );
    const management = keycloak.openid.getClientOutput({ realmId: args.realmId, clientId: "realm-management" }, child);
    for (const right of args.clientRoles ? [...rights, clientRoleRight] : rights) {
      new keycloak.openid.ClientServiceAccountRole(
        `${name}-${right}`,
        {
          realmId: args.realmId,
          serviceAccountUserId: client.serviceAccountUserId,
          clientId: management.id,
          role: right,
        },
        child,
      );
    }
    // As declared: in a preview the provider does not know its own id of a client that stays as it is.
    this.clientId = pulumi.output(args.clientId);
    this.clientSecret = pulumi.secret(client.clientSecret);
    this.registerOutputs({ clientId: this.clientId });
  }
}
