import { unheard } from "#sync/concurrency.ts";
import { AccessError } from "#sync/errors.ts";
import { bypassFindings } from "#sync/gate/check-bypasses.ts";
import { versionFindings } from "#sync/gate/check-references.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import { readRoles } from "#sync/gate/role-holders.ts";
import { gateSpecification } from "#sync/gate/settings.ts";
import type { Settings } from "../schema.ts";
import type { KeycloakAdminApi } from "./admin-api.ts";
import { type GatePlan, planGate } from "./login-gate/gate-plan.ts";
import { readRealmFacts } from "./login-gate/realm-facts.ts";
import { readForcedLogin } from "./login-gate/reset-step.ts";
import { readRetiredGateRoles } from "./role-facts.ts";

/** What has to be known of a realm before anything in it is declared. */
export interface KeycloakPreparation {
  /** What the login gate will look like; undefined when it is switched off. */
  readonly gatePlan: GatePlan | undefined;
  /** Ids of gate roles under a former name, in force until the flows go by the new one. */
  readonly retiredGateRoles: readonly string[];
  /** A server with known defects, and ways round the gate that are open now: a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads it, and refuses what would end half-way; nothing is changed. Everything is asked for at once, as it takes some
 * fifty requests; of several reasons to refuse it names the first in the order of what follows.
 */
export async function prepareKeycloak(
  api: KeycloakAdminApi,
  {
    keycloak: { realm, langfuseClient },
    gate,
    roles,
    owner,
    hasBreakGlass,
  }: Pick<Settings, "keycloak" | "gate" | "roles"> & {
    /** Name of the stack in what it makes. */
    readonly owner: string;
    /** Somebody gets in without Keycloak. */
    readonly hasBreakGlass: boolean;
  },
): Promise<KeycloakPreparation> {
  const retired = unheard(
    readRetiredGateRoles(api, {
      realm,
      owner,
      gateRole: gate.role,
      adoptGateRole: gate.adoptRole,
      roles: roles.map(({ name }) => name),
    }),
  );
  if (!gate.enabled) return { gatePlan: undefined, retiredGateRoles: await retired, warnings: [] };
  const specification = gateSpecification(gate, langfuseClient);
  const declaredRoles = gate.adoptRole ? [] : [gate.role];
  const names = gate.adoptRole ? [gate.role] : [gate.role, ...roles.map(({ name }) => name)];
  const reading = {
    facts: unheard(readRealmFacts(api, { realm, specification, owner, declaredRoles })),
    forcedLogin: gate.forceLoginAfterReset ? unheard(readForcedLogin(api, realm)) : undefined,
    holder: hasBreakGlass || gate.allowEmpty ? undefined : unheard(requireHolder(api, realm, names)),
    model: unheard(readRealmModel(api, realm, specification)),
  };
  const retiredGateRoles = await retired;
  const facts = await reading.facts;
  const gatePlan = { ...planGate(facts, specification), forcedLogin: await reading.forcedLogin };
  await reading.holder;
  const model = await reading.model;
  const findings = [...versionFindings(model.version), ...bypassFindings(model, specification)];
  const warnings = findings.map(({ fact, remedy }) => `${fact}: ${remedy}`);
  return { gatePlan, retiredGateRoles, warnings };
}

/** A gate that nobody may pass locks everybody out; on a first run nobody can hold roles that are made by it. */
async function requireHolder(api: KeycloakAdminApi, realm: string, names: readonly string[]): Promise<void> {
  const found = await readRoles(api, realm, new Set(names));
  if (Object.values(found).some(({ isHeld }) => isHeld)) return;
  throw new AccessError(
    "refused",
    `Nobody who can sign in holds ${names.map((name) => `"${name}"`).join(" or ")}, so the login gate would lock everybody out of Langfuse: assign a role, declare an OWNER in langfuse.members who signs in without Keycloak, or set gate.allowEmpty to true for the first run.`,
  );
}
