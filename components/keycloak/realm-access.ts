import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../schema.ts";
import { LoginGate } from "./login-gate/login-gate.ts";
import type { KeycloakPreparation } from "./preparation.ts";
import { RealmRoles } from "./realm-roles.ts";

export interface RealmAccess {
  readonly roles: RealmRoles;
  /** Undefined when the gate is switched off. */
  readonly loginGate: LoginGate | undefined;
}

/** Declares the realm's roles, and behind them the gate that they open. */
export function declareRealmAccess(
  settings: Pick<Settings, "keycloak" | "roles" | "gate"> & { readonly owner: string },
  { gatePlan, retiredGateRoles }: KeycloakPreparation,
  options: pulumi.ComponentResourceOptions,
): RealmAccess {
  const { gate, owner } = settings;
  const { realm } = settings.keycloak;
  const roles = new RealmRoles(
    "roles",
    {
      realmId: realm,
      gateRole: gate.role,
      adoptGateRole: gate.adoptRole,
      retiredGateRoles,
      roles: settings.roles,
      owner,
    },
    options,
  );
  if (!gatePlan) return { roles, loginGate: undefined };
  const args = { realm, role: roles.gateRoleName, plan: gatePlan, owner, after: [roles] };
  return { roles, loginGate: new LoginGate("gate", args, options) };
}
