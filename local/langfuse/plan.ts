/** Licence of the whole server. `pro` behaves like `oss` everywhere in this API. */
export const PLANS = ["oss", "pro", "enterprise"] as const;

export type Plan = (typeof PLANS)[number];

/** `admin-api`: everything an organization key may do; `rbac-project-roles`: roles in single projects. */
export type Entitlement = "admin-api" | "rbac-project-roles";

export function isEntitled(plan: Plan, entitlement: Entitlement): boolean {
  const entitlements: Record<Plan, readonly Entitlement[]> = {
    oss: [],
    pro: [],
    enterprise: ["admin-api", "rbac-project-roles"],
  };
  return entitlements[plan].includes(entitlement);
}

/** Name of the plan in a session; a server without licence calls its organizations `oss` and itself nothing. */
export function sessionPlan(plan: Plan): { organization: string; instance: string | null } {
  if (plan === "oss") return { organization: "oss", instance: null };
  return { organization: `self-hosted:${plan}`, instance: `self-hosted:${plan}` };
}
