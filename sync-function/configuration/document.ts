import * as z from "zod";
import { guardSettingsSchema } from "../guard/limits.ts";
import { ROLES } from "../langfuse/role.ts";
import { suggestion } from "../nearest.ts";
import { PRESET_NAMES } from "../roles/preset.ts";
import { UNMATCHED_MODES, UNMATCHED_SCOPES } from "../roles/rule.ts";
import { address } from "./address.ts";

const text = z.string().min(1, "is empty");

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, {
    error: ({ input }) =>
      `is ${JSON.stringify(input) ?? "not set"}${suggestion(String(input), values)}; use one of ${values.join(", ")}`,
  });

const role = oneOf(ROLES);

const pattern = z
  .string()
  .regex(/^[^\s,;]+$/, "is no pattern for one address; write for example owner@example.com or *@example.com");

const source = z
  .strictObject({
    realmRole: text.describe("name of a realm role").optional(),
    clientRole: z
      .string()
      .regex(/^[^/]+\/.+$/, "names no client role; write client/role")
      .describe("a role of a client, as `client/role`")
      .optional(),
    group: z
      .string()
      .regex(/^\/.*[^/]$/s, "is no full path of a group; write for example /departments/research")
      .describe("full path of a group")
      .optional(),
    includeSubgroups: z.boolean().describe("whether members of subgroups count; default true").optional(),
  })
  .superRefine((value, context) => {
    const kinds = [value.realmRole, value.clientRole, value.group].filter((kind) => kind !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({ code: "custom", message: "must have exactly one of realmRole, clientRole and group" });
    }
    if (value.includeSubgroups !== undefined && value.group === undefined) {
      context.addIssue({ code: "custom", message: "has includeSubgroups without group" });
    }
  });

const rule = z
  .strictObject({
    from: source.describe("what somebody must hold in Keycloak; exactly one of the following"),
    organization: role.describe("role in the organization").optional(),
    projects: z.record(text, role).describe("role by name or id of a project").optional(),
    when: z
      .strictObject({
        emailVerified: z.boolean().describe("only people whose address is verified, or only the others").optional(),
        emailDomain: z
          .array(z.string().regex(/^[^\s@*]+\.[^\s@*]+$/, "is no domain; write for example example.com"))
          .min(1)
          .describe("only people whose address has one of these domains")
          .optional(),
      })
      .describe("conditions, all of which must hold")
      .optional(),
  })
  .refine(({ organization, projects }) => organization !== undefined || Object.keys(projects ?? {}).length > 0, {
    error: "gives nothing; set organization or projects",
  });

/** What an organization inherits from `defaults` when it has none of its own. */
export const inheritedShape = {
  default: role
    .describe("role in the organization of people with a user in Keycloak to whom no rule gives one; default NONE")
    .optional(),
  protect: z.array(pattern).describe("addresses that are never touched, `*` and `?` allowed; default none").optional(),
  ignore: z.array(pattern).describe("addresses of which no notice is taken; default none").optional(),
  unmatched: oneOf(UNMATCHED_MODES)
    .describe(
      "what becomes of members without a user in Keycloak after the grace period: `keep`, `none` (role NONE) or `remove`; default keep",
    )
    .optional(),
  unmatchedScope: oneOf(UNMATCHED_SCOPES)
    .describe(
      "whom `unmatched` concerns: `all`, or `linked`, which leaves out whoever no run has ever found in Keycloak; default all",
    )
    .optional(),
  graceDays: z.number().nonnegative().describe("grace period in days; default 7").optional(),
  provision: z
    .boolean()
    .describe("whether people to whom a rule applies become members before their first login; default false")
    .optional(),
  guards: guardSettingsSchema.describe("what one run may do without approval; see docs/guards.md").optional(),
};

/** What an organization has for itself alone. */
export const rulesShape = {
  preset: oneOf(PRESET_NAMES as readonly ["existing-roles"])
    .describe(
      "rules that come after the written ones; `existing-roles`: admin → ADMIN, operator → MEMBER, developer → VIEWER",
    )
    .optional(),
  rules: z.array(rule).describe("for each target the first rule that applies decides").optional(),
};

const organization = z.strictObject({
  id: text.describe("id of the organization in Langfuse"),
  name: text.describe("how people call it, and what `--organization` takes; default the id").optional(),
  langfuseUrl: address.describe("address of its Langfuse, where it is another one").optional(),
  publicKeyFile: text.describe("file with the public key").optional(),
  publicKeyVariable: text.describe("environment variable with the public key").optional(),
  secretKeyFile: text.describe("file with the secret key").optional(),
  secretKeyVariable: text.describe("environment variable with the secret key").optional(),
  ...rulesShape,
  ...inheritedShape,
});

/** The file that `SYNC_CONFIG` names. Relative paths of files in it are seen from its own folder. */
export const syncDocument = z.strictObject({
  keycloak: z
    .strictObject({
      url: address.describe("instead of KEYCLOAK_URL").optional(),
      realm: text.describe("instead of KEYCLOAK_REALM").optional(),
      clientId: text.describe("instead of KEYCLOAK_CLIENT_ID").optional(),
      clientSecretFile: text.describe("instead of KEYCLOAK_CLIENT_SECRET_FILE").optional(),
      clientRoles: z.boolean().describe("instead of KEYCLOAK_CLIENT_ROLES").optional(),
    })
    .describe("the realm, as far as it is not in the environment")
    .optional(),
  langfuse: z
    .strictObject({ url: address.describe("instead of LANGFUSE_URL").optional() })
    .describe("the Langfuse of all organizations, if it is not in the environment")
    .optional(),
  defaults: z
    .strictObject(inheritedShape)
    .describe("settings of every organization that has none of its own; the lists are added to its own")
    .optional(),
  organizations: z.array(organization).min(1, "is empty; name an organization").describe("at least one"),
});
export type SyncDocument = z.output<typeof syncDocument>;
export type OrganizationDocument = SyncDocument["organizations"][number];
export type RuleDocument = z.output<typeof rule>;
