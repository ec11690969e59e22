import type { Rule } from "./rule.ts";

const realmRole = (name: string, organization: "ADMIN" | "MEMBER" | "VIEWER"): Rule => ({
  from: { kind: "realmRole", name },
  organization,
  projects: new Map(),
});

/** Rules that need no words of their own; they come after those that are written out, which therefore win. */
export const PRESETS = {
  /** Realms that have these roles for their other applications already. */
  "existing-roles": [realmRole("admin", "ADMIN"), realmRole("operator", "MEMBER"), realmRole("developer", "VIEWER")],
} as const satisfies Record<string, readonly Rule[]>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];
