import * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { type GuardSettings, guardSettingsSchema } from "../guard/limits.ts";
import { suggestion } from "../nearest.ts";
import { parseRoleMapping, type RoleMapping } from "../roles/mapping-text.ts";
import type { VariableName } from "../variables.ts";
import { address } from "./address.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const text = z.string({ error: "is not set" });

const mapping = text.transform((value, context): RoleMapping => {
  const parsed = parseRoleMapping(value);
  if (!("problems" in parsed)) return parsed;
  for (const message of parsed.problems) context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const protectedMembers = z
  .string()
  .default("[]")
  .transform((value, context): readonly string[] => {
    const parsed = z.array(z.string().regex(/^\S+@\S+$/)).safeParse(parseJson(value));
    if (parsed.success) return parsed.data.map((email) => email.toLowerCase());
    context.addIssue({
      code: "custom",
      message: `is ${value.slice(0, 120)}; write a JSON array of e-mail addresses, such as ["owner@example.com"]`,
    });
    return z.NEVER;
  });

const guardLimits = z
  .string()
  .default("{}")
  .transform((value, context): GuardSettings => {
    const parsed = guardSettingsSchema.safeParse(parseJson(value));
    if (parsed.success) return parsed.data;
    for (const { path: place, message } of parsed.error.issues) {
      const at = place.length === 0 ? "" : `${toDotPath(place)} `;
      context.addIssue({ code: "custom", message: `is no object of limits (${at}${message}); see docs/guards.md` });
    }
    return z.NEVER;
  });

const logLevel = z.enum(LOG_LEVELS, {
  error: ({ input }) => `is "${input}"${suggestion(String(input), LOG_LEVELS)}; use one of ${LOG_LEVELS.join(", ")}`,
});

const yesOrNo = z.enum(["true", "false"], { error: ({ input }) => `is "${input}"; use true or false` });

const number = z.string().regex(/^\d{1,6}$/, {
  error: ({ input }) => `is "${input}"; write a whole number`,
});

const always = {
  KEYCLOAK_URL: address,
  KEYCLOAK_REALM: text,
  KEYCLOAK_CLIENT_ID: text,
  KEYCLOAK_CLIENT_SECRET: text,
  KEYCLOAK_CLIENT_ROLES: yesOrNo.optional(),
  AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: yesOrNo.optional(),
  AUTH_DISABLE_SIGNUP: yesOrNo.optional(),
  PROTECTED_MEMBERS: protectedMembers,
  GUARD_LIMITS: guardLimits,
  SHARDS: number.default("1"),
  JOB_COMPLETION_INDEX: number.default("0"),
  LOG_LEVEL: logLevel.default("info"),
} satisfies Partial<Record<VariableName, z.ZodType>>;

/** The environment of one organization, which describes it completely. */
export const forOne = z.object({
  ...always,
  LANGFUSE_URL: address,
  LANGFUSE_ORG_ID: text,
  LANGFUSE_PUBLIC_KEY: text,
  LANGFUSE_SECRET_KEY: text,
  ROLE_MAPPING: mapping,
});
/** The environment beside a document, which describes the organizations. */
export const forSeveral = z.object({ ...always, LANGFUSE_URL: address.optional() });

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
