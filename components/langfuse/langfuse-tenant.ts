import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { compareRoles } from "#sync/langfuse/role.ts";
import type { Adoption } from "./adoption.ts";
import { ExclusiveMembers } from "./exclusive-members.ts";
import { policyOf } from "./key-rotation.ts";
import { Membership } from "./membership.ts";
import { Organization } from "./organization.ts";
import { OrganizationApiKey } from "./organization-api-key.ts";
import { Project } from "./project.ts";
import { ProjectApiKey } from "./project-api-key.ts";
import { Roster } from "./roster.ts";
import type {
  ExclusiveTerms,
  LangfuseTenantArgs,
  ServiceKey,
  TenantMember,
  TenantProject,
  TenantService,
} from "./tenant-args.ts";
import { projectKey, secretNameOf, serviceKey } from "./tenant-settings.ts";

/** One organization with its projects, the key the role sync works with, declared members, and a key for each service. */
export class LangfuseTenant extends pulumi.ComponentResource {
  readonly organizationId: pulumi.Output<string>;
  /** Of the main project. */
  readonly projectId: pulumi.Output<string>;
  /** By key, which is the name unless another is given. */
  readonly projectIds: Readonly<Record<string, pulumi.Output<string>>>;
  readonly publicKey: pulumi.Output<string>;
  readonly secretKey: pulumi.Output<string>;
  readonly serviceKeys: readonly ServiceKey[];

  constructor(name: string, args: LangfuseTenantArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:LangfuseTenant", name, {}, options);
    const parts = new TenantParts(name, args, this);
    const projects = new Map([[args.project.name, parts.project(`${name}-project`, args.project)]]);
    for (const project of args.projects ?? []) {
      const key = projectKey(project);
      projects.set(key, parts.project(`${name}-project-${key}`, project));
    }
    // The mightiest first: an engine that works on one resource at a time must not demote the last owner.
    const memberships = args.members
      .toSorted((left, right) => compareRoles(left.role, right.role))
      .map((member) => parts.membership(`${name}-${member.email}`, member, projects));
    parts.roster(`${name}-roster`);
    if (args.exclusive) parts.exclusiveMembers(`${name}-exclusive-members`, args.exclusive, memberships);
    this.serviceKeys = (args.services ?? []).map((service) =>
      parts.serviceKey(
        `${name}-${serviceKey(service)}`,
        service,
        projectOf(projects, service.project ?? args.project.name),
      ),
    );
    this.organizationId = parts.organizationId;
    this.projectId = projectOf(projects, args.project.name).id;
    this.projectIds = Object.fromEntries([...projects].map(([project, { id }]) => [project, id]));
    this.publicKey = parts.credentials.publicKey;
    this.secretKey = parts.credentials.secretKey;
    this.registerOutputs({ organizationId: this.organizationId, projectId: this.projectId });
  }
}

/** What a tenant is made of: each kind of resource with the options that all of that kind share. */
class TenantParts {
  readonly organizationId: pulumi.Output<string>;
  readonly credentials: { readonly publicKey: pulumi.Output<string>; readonly secretKey: pulumi.Output<string> };
  readonly #args: LangfuseTenantArgs;
  readonly #parent: pulumi.Resource;
  readonly #managedBy: string;
  readonly #lasting: pulumi.CustomResourceOptions;
  readonly #organization: Organization | undefined;

  constructor(name: string, args: LangfuseTenantArgs, parent: pulumi.Resource) {
    this.#args = args;
    this.#parent = parent;
    this.#managedBy = `${pulumi.getProject()}/${pulumi.getStack()}`;
    this.#lasting = {
      parent,
      // Their data cannot be made again.
      protect: args.protect,
      // Retained things leave the stack's state and stay in Langfuse.
      retainOnDelete: args.deletionPolicy === "retain",
    };
    const { id, name: title } = args.organization;
    if (id === undefined) {
      if (title === undefined) throw new pulumi.RunError("langfuse.organization needs a name or an id.");
      const identity = { name: title, managedBy: `${this.#managedBy}/${name}` };
      this.#organization = new Organization(name, { ...identity, ...this.#adoption() }, this.#lasting);
    }
    this.organizationId = this.#organization?.id ?? pulumi.output(id ?? "");
    this.credentials = args.credentials
      ? { publicKey: pulumi.output(args.credentials.publicKey), secretKey: pulumi.secret(args.credentials.secretKey) }
      : this.#organizationKey(name);
  }

  #organizationKey(name: string): TenantParts["credentials"] {
    const key = new OrganizationApiKey(
      `${name}-sync-key`,
      {
        organizationId: this.organizationId,
        note: `role sync, managed by ${this.#managedBy}`,
        ...policyOf(this.#args.organizationKey ?? {}),
      },
      { parent: this.#parent },
    );
    return { publicKey: key.publicKey, secretKey: pulumi.secret(key.secretKey) };
  }

  project(name: string, { name: title, retentionDays, metadata }: TenantProject): Project {
    return new Project(
      name,
      {
        organizationId: this.organizationId,
        name: title,
        managedBy: `${this.#managedBy}/${name}`,
        ...(retentionDays === undefined ? {} : { retentionDays }),
        ...(metadata === undefined ? {} : { metadata }),
        ...this.#adoption(),
        ...this.credentials,
      },
      this.#lasting,
    );
  }

  exclusiveMembers(name: string, terms: ExclusiveTerms, memberships: readonly Membership[]): void {
    new ExclusiveMembers(
      name,
      {
        organizationId: this.organizationId,
        declared: this.#args.members.map(({ email }) => email),
        ...terms,
        ...this.credentials,
      },
      // Whoever is declared is a member before anybody is removed, owners among them.
      { parent: this.#parent, dependsOn: [...memberships] },
    );
  }

  membership(
    name: string,
    { email, role, projectRoles = [] }: TenantMember,
    projects: Map<string, Project>,
  ): Membership {
    const inProjects = projectRoles.map(({ project, role: own }) => ({
      projectId: projectOf(projects, project).id,
      role: own,
    }));
    return new Membership(
      name,
      {
        organizationId: this.organizationId,
        email,
        role,
        ...(inProjects.length > 0 ? { projectRoles: inProjects } : {}),
        ...this.#adoption(),
        ...this.credentials,
      },
      // An organization takes its memberships with it, and Langfuse refuses to remove its last owner before that. One of
      // somebody else keeps its members when the stack goes: only a line that is taken out removes a person.
      { parent: this.#parent, deletedWith: this.#organization ?? projectOf(projects, this.#args.project.name) },
    );
  }

  serviceKey(name: string, service: TenantService, project: Project): ServiceKey {
    const { name: title, environment } = service;
    const seed = new random.RandomPassword(`${name}-seed`, { length: 48, special: false }, { parent: this.#parent });
    const key = new ProjectApiKey(
      `${name}-key`,
      {
        organizationId: this.organizationId,
        projectId: project.id,
        service: title,
        environment,
        managedBy: `${this.#managedBy}/${name}`,
        seed: pulumi.secret(seed.result),
        organizationPublicKey: this.credentials.publicKey,
        organizationSecretKey: this.credentials.secretKey,
        ...policyOf(service),
      },
      { parent: this.#parent },
    );
    return {
      service: title,
      environment,
      namespace: service.namespace,
      secretName: secretNameOf(service),
      organizationId: this.organizationId,
      projectId: project.id,
      publicKey: key.publicKey,
      secretKey: pulumi.secret(key.secretKey),
    };
  }

  roster(name: string): void {
    const { members, projects = [], services = [], deletionPolicy } = this.#args;
    new Roster(
      name,
      {
        organizationId: this.organizationId,
        members: Object.fromEntries(members.map(({ email, role }) => [email, role])),
        projects: Object.fromEntries(projects.map((project) => [projectKey(project), project.name])),
        services: Object.fromEntries(
          services.map((service) => [serviceKey(service), `${service.name} in ${service.environment}`]),
        ),
        isRetained: deletionPolicy === "retain",
        ...(this.#args.adopt === "if-exists" ? { isAdopting: true } : {}),
      },
      { parent: this.#parent },
    );
  }

  #adoption(): { adopt?: Adoption } {
    return this.#args.adopt === undefined ? {} : { adopt: this.#args.adopt };
  }
}

function projectOf(projects: ReadonlyMap<string, Project>, name: string): Project {
  const project = projects.get(name);
  if (!project) throw new pulumi.RunError(`There is no project "${name}": declare it in langfuse.projects.`);
  return project;
}
