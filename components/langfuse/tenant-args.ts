import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "#sync/langfuse/role.ts";
import type { Adoption } from "./adoption.ts";
import type { ExclusiveMembersArgs } from "./exclusive-members.ts";
import type { RotationPolicy } from "./key-rotation.ts";

export interface TenantProject {
  /** 3 to 60 characters, unique in the organization. */
  readonly name: string;
  /** Days, 0 for ever; left alone by default. */
  readonly retentionDays?: number | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A project beside the main one. */
export interface FurtherProject extends TenantProject {
  /**
   * What the program knows it by, its name by default. With the former name here, a new name renames the project;
   * without, it is another project, and the former one is deleted.
   */
  readonly key?: string | undefined;
}

export interface TenantMember {
  readonly email: string;
  readonly role: Role;
  /** Own roles in projects, by key, which is the name unless another is given. */
  readonly projectRoles?: readonly { readonly project: string; readonly role: Role }[] | undefined;
}

/** Somebody who sends data to Langfuse, and so needs a key of one project. */
export interface TenantService extends RotationPolicyOf {
  /** What the program knows it by; name and environment, joined by a dash, by default. See `FurtherProject.key`. */
  readonly key?: string | undefined;
  readonly name: string;
  readonly environment: string;
  /** Key of the project; the main one by default. */
  readonly project?: string | undefined;
  /** Namespace of its Secret, where that is not the stack's. */
  readonly namespace?: string | undefined;
  /** Name of its Secret; `langfuse-` and the key by default. */
  readonly secretName?: string | undefined;
}

/** The policy as the configuration has it, where absent keys may also be undefined. */
export type RotationPolicyOf = { readonly [Key in keyof RotationPolicy]: RotationPolicy[Key] | undefined };

export interface LangfuseTenantArgs {
  /** The name of one to make or adopt, or the id of one that is there and is not touched itself. */
  readonly organization: { readonly name?: string | undefined; readonly id?: string | undefined };
  /** A pair of the organization; without it one is made with the server key. */
  readonly credentials?: { readonly publicKey: string; readonly secretKey: string };
  /** The main project. */
  readonly project: TenantProject;
  readonly projects?: readonly FurtherProject[];
  /** People outside Keycloak's reach. */
  readonly members: readonly TenantMember[];
  readonly services?: readonly TenantService[];
  /** When the key of the organization rotates. */
  readonly organizationKey?: RotationPolicyOf;
  /** What to do with an organization, project or membership that is there already; default `never`. */
  readonly adopt?: Adoption;
  /** Remove members who are neither declared nor the sync's; by default they are left alone. */
  readonly exclusive?: ExclusiveTerms;
  /** `retain` leaves organization, projects and their data in Langfuse when the stack is destroyed. */
  readonly deletionPolicy: "retain" | "delete";
  /** Refuse deletion of organization and projects altogether. */
  readonly protect: boolean;
}

/** By what it is decided who else may stay, and how many may be removed; see `ExclusiveMembersArgs`. */
export type ExclusiveTerms = Pick<ExclusiveMembersArgs, "realm" | "kept" | "limits" | "approved">;

/** The key of one service, for whoever puts it where the service reads it. */
export interface ServiceKey {
  readonly service: string;
  readonly environment: string;
  readonly namespace: string | undefined;
  readonly secretName: string;
  readonly organizationId: pulumi.Output<string>;
  readonly projectId: pulumi.Output<string>;
  readonly publicKey: pulumi.Output<string>;
  readonly secretKey: pulumi.Output<string>;
}
