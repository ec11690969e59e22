import * as z from "zod";

/** How many people one run may concern: `floor` at least, else `fraction` of the members, but never above `absolute`. */
export interface Threshold {
  readonly floor: number;
  /** From 0 to 1. */
  readonly fraction: number;
  readonly absolute: number;
}

/** What becomes of a run in which somebody cannot get what the rules say: it is refused, or goes on without them. */
const REACTIONS = ["refuse", "skip"] as const;
type Reaction = (typeof REACTIONS)[number];

/** What a run may do to one organization without somebody's approval. */
export interface GuardLimits {
  readonly removals: Threshold;
  readonly demotions: Threshold;
  readonly escalations: Threshold;
  readonly minimumOwners: number;
  readonly lastOwner: Reaction;
  readonly ambiguous: Reaction;
  readonly unverified: Reaction;
}

/**
 * They let an ordinary working day of any organization pass and stop what only a fault or a large decision does:
 *
 * - removals: in five minutes a team may leave, not a fifth of the company
 * - demotions: take less than removals and are undone by a grant, so that a reorganisation of nearly a third is let through
 * - escalations: few people have to be administrators, and one who should not be can read every prompt
 * - one owner is what an organization needs so that people can repair it
 * - somebody who is skipped looks right in the figures, so that this has to be chosen
 */
export const DEFAULT_LIMITS: GuardLimits = {
  removals: { floor: 3, fraction: 0.2, absolute: 100 },
  demotions: { floor: 5, fraction: 0.3, absolute: 200 },
  escalations: { floor: 3, fraction: 0.1, absolute: 25 },
  minimumOwners: 1,
  lastOwner: "refuse",
  ambiguous: "refuse",
  unverified: "refuse",
};

const count = z.number().int("is no whole number").nonnegative("is below 0");

const threshold = (name: "removals" | "demotions" | "escalations", what: string) => {
  const { floor, fraction, absolute } = DEFAULT_LIMITS[name];
  return z
    .strictObject({
      floor: count.describe(`people of whom it is always allowed; default ${floor}`).optional(),
      fraction: z
        .number()
        .min(0, "is below 0")
        .max(1, "is above 1; write 0.2 for 20 %")
        .describe(`share of the members of whom it is allowed; default ${fraction}`)
        .optional(),
      absolute: count
        .describe(`people of whom it is allowed at most, however large the organization; default ${absolute}`)
        .optional(),
    })
    .describe(what)
    .optional();
};

const reaction = (what: string) =>
  z
    .enum(REACTIONS, { error: ({ input }) => `is ${JSON.stringify(input)}; use ${REACTIONS.join(" or ")}` })
    .describe(`${what}: \`refuse\` the run, or \`skip\` the person and apply the rest; default refuse`)
    .optional();

/** Limits as they are written down; what is absent is inherited. */
export const guardSettingsSchema = z.strictObject({
  removals: threshold("removals", "people whose access ends: role NONE, or no member any more"),
  demotions: threshold("demotions", "people who get a lower role that still has access"),
  escalations: threshold("escalations", "people who become ADMIN or OWNER"),
  minimumOwners: count.describe("owners that the organization keeps; default 1").optional(),
  lastOwner: reaction("the only owner would lose the role"),
  ambiguous: reaction("it is not certain who a member is in Keycloak"),
  unverified: reaction("somebody should become ADMIN or OWNER whose address is not verified"),
});
export type GuardSettings = z.output<typeof guardSettingsSchema>;

/** The same with the presets for what is absent. */
export const guardLimitsSchema = guardSettingsSchema.transform((settings) => limitsOf(settings));

/** @param settings the later ones win, option by option */
export function limitsOf(...settings: readonly (GuardSettings | undefined)[]): GuardLimits {
  let limits = DEFAULT_LIMITS;
  for (const { removals, demotions, escalations, ...others } of settings.filter((own) => own !== undefined)) {
    limits = {
      ...limits,
      ...given(others),
      removals: { ...limits.removals, ...given(removals ?? {}) },
      demotions: { ...limits.demotions, ...given(demotions ?? {}) },
      escalations: { ...limits.escalations, ...given(escalations ?? {}) },
    };
  }
  return limits;
}

/** How many of `people` a threshold allows. */
export function allowed({ floor, fraction, absolute }: Threshold, people: number): number {
  return Math.min(absolute, Math.max(floor, Math.floor(fraction * people)));
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
