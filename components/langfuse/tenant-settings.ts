import { z } from "zod";
import { ROLES } from "#sync/langfuse/role.ts";
import { ADOPTIONS } from "./adoption.ts";
import { rotationShape } from "./key-rotation.ts";

const email = z.email("use an e-mail address").transform((value) => value.toLowerCase());
const role = z.enum(ROLES);
/** Langfuse takes what is in angle brackets for markup, and refuses it. */
const title = z
  .string()
  .min(3)
  .max(60)
  .regex(/^(?!.*<[^>]*>)/s, "leave out what is in angle brackets");
/** Part of the names of Kubernetes objects and labels. */
const label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?$/, "use up to 31 lower-case letters, digits and dashes");

/** Room for a name, a dash and an environment. */
const longLabel = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use up to 63 lower-case letters, digits and dashes");

const project = z.strictObject({
  name: title,
  /** Days after which Langfuse deletes what was traced: 0 for never. */
  retentionDays: z
    .int()
    .max(2 ** 31 - 1)
    .refine((days) => days === 0 || days >= 3, "use 0, which keeps data for ever, or at least 3 days")
    .optional(),
  metadata: z.record(z.string(), z.json()).optional(),
});

/** What a project or service is known by in this program when its name may change; another one is another project or service. */
const furtherProject = project.extend({ key: title.optional() });

/** Secrets of this program beside those of the services. */
export const PROGRAM_SECRETS = ["langfuse-secrets", "langfuse-role-sync-credentials"];

/** The part of `langfuse` that says what is in it. */
export const tenantShape = {
  organization: z
    .strictObject({
      /** Of the organization to make, or to adopt. */
      name: title.optional(),
      /** Of one that is there and stays somebody else's. */
      id: z.string().min(1).max(255).optional(),
    })
    .prefault({}),
  /** The main project. */
  project: project.optional(),
  projects: z.array(furtherProject).default([]),
  /** People outside Keycloak's reach, such as break-glass owners; the sync never touches them. */
  members: z
    .array(
      z.strictObject({
        email,
        role,
        projectRoles: z.array(z.strictObject({ project: title, role })).optional(),
      }),
    )
    .default([]),
  /** Who sends data, and so gets a key of a project in a Secret. */
  services: z
    .array(
      z.strictObject({
        key: longLabel.optional(),
        name: label,
        environment: label.default("production"),
        project: title.optional(),
        namespace: label.optional(),
        secretName: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "use lower-case letters, digits, dots and dashes")
          .optional(),
        ...rotationShape,
      }),
    )
    .default([]),
  /** When the key of the role sync rotates. */
  organizationKey: z.strictObject(rotationShape).prefault({}),
  /** What to do with something of that name that is there already. */
  adopt: z.enum(ADOPTIONS).default("never"),
  /** Whether members who are neither declared nor in Keycloak are left alone, or removed. */
  authority: z.enum(["additive", "exclusive"]).default("additive"),
  /** Fingerprint of a removal of many that was refused, and that somebody approved. */
  approvedRemovals: z
    .string()
    .regex(/^[0-9a-f]{12}$/, "use the 12 characters that the refusal names")
    .optional(),
};

export type TenantSettings = z.output<z.ZodObject<typeof tenantShape>>;

/** What a further project is known by. */
export function projectKey({ key, name }: { readonly key?: string | undefined; readonly name: string }): string {
  return key ?? name;
}

interface ServiceNames {
  readonly key?: string | undefined;
  readonly name: string;
  readonly environment: string;
  readonly secretName?: string | undefined;
}

/** What a service is known by. */
export function serviceKey({ key, name, environment }: ServiceNames): string {
  return key ?? `${name}-${environment}`;
}

export function secretNameOf(service: ServiceNames): string {
  return service.secretName ?? `langfuse-${serviceKey(service)}`;
}

/** The same when something is declared: the schema cannot say that a project is needed then. */
export type ManagedTenant = TenantSettings & { readonly project: NonNullable<TenantSettings["project"]> };

/**
 * What the schema cannot say about one key alone; each with the key, below `langfuse`, and what to do.
 *
 * @param namespace of Secrets whose service names none
 */
export function tenantContradictions(
  { organization, project, projects, members, services, authority, approvedRemovals }: TenantSettings,
  namespace: string,
): string[] {
  const problems = organizationContradictions(organization);
  if (authority === "exclusive" && members.length === 0) {
    problems.push("authority is exclusive, but no member is declared: declare at least an owner in members");
  }
  if (authority !== "exclusive" && approvedRemovals !== undefined) {
    problems.push("approvedRemovals has no meaning while authority is additive: leave it out");
  }
  if (!project) return [...problems, "project is missing: use an object with name"];
  const names = [project, ...projects].map(({ name }) => name);
  const keys = [project.name, ...projects.map(projectKey)];
  const known = keys.map((name) => `"${name}"`).join(", ");
  const missing = (key: string, name: string) =>
    keys.includes(name) ? [] : [`${key} names the project "${name}", which is not declared: use one of ${known}`];
  return [
    ...problems,
    ...repeated(names).map((name) => `projects names "${name}" twice: keep one, and remember that project.name counts`),
    ...repeated(keys)
      .filter((key) => !repeated(names).includes(key))
      .map((key) => `projects has the key "${key}" twice: give each a key of its own, without one the name counts`),
    ...repeated(members.map((member) => member.email)).map((one) => `members names "${one}" twice: keep one role`),
    ...members.flatMap(({ email: person, projectRoles = [] }) => [
      ...projectRoles.flatMap((own) => missing(`members of "${person}"`, own.project)),
      ...repeated(projectRoles.map((own) => own.project)).map(
        (name) => `members of "${person}" names the project "${name}" twice: keep one role`,
      ),
    ]),
    ...serviceContradictions(services, namespace),
    ...services.flatMap((service) => missing(`services of "${service.name}"`, service.project ?? project.name)),
  ];
}

function organizationContradictions({ name, id }: TenantSettings["organization"]): string[] {
  if (name === undefined && id === undefined) {
    return ["organization.name is missing: use a text, or organization.id of one that is there"];
  }
  if (name === undefined || id === undefined) return [];
  return ["organization has a name and an id: use the name to make or adopt it, or the id to take it as it is"];
}

function serviceContradictions(services: TenantSettings["services"], namespace: string): string[] {
  const named = repeated(services.map(({ name, environment }) => `${name} in ${environment}`));
  const known = repeated(services.map(serviceKey));
  const secrets = services.map((service) => `${service.namespace ?? namespace}/${secretNameOf(service)}`);
  const taken = PROGRAM_SECRETS.map((name) => `${namespace}/${name}`).filter((name) => secrets.includes(name));
  if (named.length > 0) {
    return named.map((one) => `services names "${one}" twice: keep one, or give them different environments`);
  }
  if (known.length > 0) {
    return known.map(
      (key) =>
        `services has the key "${key}" twice (name and environment, joined by a dash): give one of them a \`key\` of its own`,
    );
  }
  return [
    ...repeated(secrets).map(
      (name) => `services puts two keys into the Secret ${name}: give them different secretNames`,
    ),
    ...taken.map(
      (name) => `services puts a key into the Secret ${name}, which this program needs itself: use another secretName`,
    ),
  ];
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
