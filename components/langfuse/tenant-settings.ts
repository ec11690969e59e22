import { z } from "zod";
import { ROLES } from "#sync/langfuse/role.ts";
import { ADOPTIONS } from "./adoption.ts";
import { rotationShape } from "./key-rotation.ts";

const email = z.email("use an e-mail address").transform((value) => value.toLowerCase());
const role = z.enum(ROLES);
const title = z.string().min(3).max(60);
/** Part of the names of Kubernetes objects and labels. */
const label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?$/, "use up to 31 lower-case letters, digits and dashes");

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

/** The part of `langfuse` that says what is in it. */
export const tenantShape = {
  organization: z.strictObject({ name: title }),
  /** The main project. */
  project,
  projects: z.array(project).default([]),
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
};

export type TenantSettings = z.output<z.ZodObject<typeof tenantShape>>;

/** What the schema cannot say about one key alone; each with the key, below `langfuse`, and what to do. */
export function tenantContradictions({ project, projects, members, services }: TenantSettings): string[] {
  const names = [project, ...projects].map(({ name }) => name);
  const known = names.map((name) => `"${name}"`).join(", ");
  const missing = (key: string, name: string) =>
    names.includes(name) ? [] : [`${key} names the project "${name}", which is not declared: use one of ${known}`];
  return [
    ...repeated(names).map((name) => `projects names "${name}" twice: keep one, and remember that project.name counts`),
    ...repeated(members.map((member) => member.email)).map((one) => `members names "${one}" twice: keep one role`),
    ...members.flatMap(({ email: person, projectRoles = [] }) => [
      ...projectRoles.flatMap((own) => missing(`members of "${person}"`, own.project)),
      ...repeated(projectRoles.map((own) => own.project)).map(
        (name) => `members of "${person}" names the project "${name}" twice: keep one role`,
      ),
    ]),
    ...repeated(services.map(({ name, environment }) => `${name} in ${environment}`)).map(
      (one) => `services names "${one}" twice: keep one, or give them different environments`,
    ),
    ...services.flatMap((service) => missing(`services of "${service.name}"`, service.project ?? project.name)),
  ];
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
