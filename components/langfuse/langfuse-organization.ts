import * as pulumi from "@pulumi/pulumi";
import type { Role } from "#sync/langfuse/role.ts";
import { Membership } from "./membership.ts";
import { Organization } from "./organization.ts";
import { OrganizationApiKey } from "./organization-api-key.ts";
import { Project } from "./project.ts";

export interface LangfuseOrganizationArgs {
  readonly organization: { readonly name: string };
  readonly project: { readonly name: string };
  /** People outside Keycloak's reach. */
  readonly members: readonly { readonly email: string; readonly role: Role }[];
  /** `retain` leaves organization, project and their data in Langfuse when the stack is destroyed. */
  readonly deletionPolicy: "retain" | "delete";
  /** Refuse deletion of organization and project altogether. */
  readonly protect: boolean;
}

/** One organization with its project, the key the role sync works with, and its declared members. */
export class LangfuseOrganization extends pulumi.ComponentResource {
  readonly organizationId: pulumi.Output<string>;
  readonly projectId: pulumi.Output<string>;
  readonly publicKey: pulumi.Output<string>;
  readonly secretKey: pulumi.Output<string>;

  constructor(name: string, args: LangfuseOrganizationArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:LangfuseOrganization", name, {}, options);
    const managedBy = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const lasting = {
      parent: this,
      // Their data cannot be made again.
      protect: args.protect,
      // Retained things leave the stack's state and stay in Langfuse.
      retainOnDelete: args.deletionPolicy === "retain",
    };
    const organization = new Organization(
      name,
      { name: args.organization.name, managedBy: `${managedBy}/${name}` },
      lasting,
    );
    const key = new OrganizationApiKey(
      `${name}-sync-key`,
      { organizationId: organization.id, note: `role sync, managed by ${managedBy}` },
      { parent: this },
    );
    const credentials = { publicKey: key.publicKey, secretKey: key.secretKey };
    const project = new Project(
      `${name}-project`,
      {
        organizationId: organization.id,
        name: args.project.name,
        managedBy: `${managedBy}/${name}-project`,
        ...credentials,
      },
      lasting,
    );
    for (const { email, role } of args.members) {
      new Membership(
        `${name}-${email}`,
        { organizationId: organization.id, email, role, ...credentials },
        // An organization takes its memberships with it, and Langfuse refuses to remove its last owner before that.
        { parent: this, deletedWith: organization },
      );
    }
    this.organizationId = organization.id;
    this.projectId = project.id;
    this.publicKey = key.publicKey;
    this.secretKey = key.secretKey;
    this.registerOutputs({ organizationId: this.organizationId, projectId: this.projectId });
  }
}
