import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { KeycloakAdminApi } from "./admin-api.ts";
import { GATE_ATTRIBUTE, OWNER_ATTRIBUTE } from "./ownership.ts";

const rolesAnswer = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    attributes: z.record(z.string(), z.array(z.string())).default({}),
  }),
);

export interface RoleOptions {
  readonly realm: string;
  /** Name of the stack in the attributes of its roles. */
  readonly owner: string;
  readonly gateRole: string;
  readonly adoptGateRole: boolean;
  /** Names of the other declared roles. */
  readonly roles: readonly string[];
}

/**
 * Refuses roles that would stop an `up` half-way because they exist already, or are to be adopted and do not exist.
 *
 * @returns ids of gate roles that this stack declared under another name
 */
export async function readRetiredGateRoles(api: KeycloakAdminApi, options: RoleOptions): Promise<string[]> {
  const { realm, owner, gateRole, adoptGateRole, roles } = options;
  const path = `/${encodeURIComponent(realm)}/roles`;
  const found = await api.send({ method: "GET", path, query: { briefRepresentation: false } }, rolesAnswer);
  const isOurs = ({ attributes }: (typeof found)[number]) => attributes[OWNER_ATTRIBUTE]?.includes(owner) ?? false;
  for (const name of adoptGateRole ? roles : [gateRole, ...roles]) {
    const existing = found.find((role) => role.name === name);
    if (!existing || isOurs(existing)) continue;
    const remedy =
      name === gateRole
        ? "set gate.adoptRole to true, and whoever holds it may enter; or name another one in gate.role"
        : "name another one in roles, or delete it if nobody needs it";
    throw new AccessError(
      "refused",
      `The realm "${realm}" has a role "${name}" already, which this stack did not make: ${remedy}.`,
    );
  }
  const adopted = found.find((role) => role.name === gateRole);
  if (adoptGateRole && (!adopted || isOurs(adopted))) {
    const state = adopted ? "is one that this stack made" : "does not exist";
    throw new AccessError(
      "refused",
      `gate.adoptRole is true, but the role "${gateRole}" ${state}: name one of others in gate.role, or set gate.adoptRole to false.`,
    );
  }
  return found
    .filter((role) => isOurs(role) && GATE_ATTRIBUTE in role.attributes && role.name !== gateRole)
    .map(({ id }) => id);
}
