import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { impliedRoles } from "../roles/graph.ts";
import { grantingGroups } from "../roles/groups.ts";
import type { KeycloakRole, KeycloakUser } from "./answers.ts";
import { defaultRoleName } from "./canary.ts";
import type { KeycloakClient } from "./client.ts";

/** More than four connections gain nothing: a page of a thousand people is what takes the time. */
export const READ_CONCURRENCY = 4;

export interface Holder {
  readonly user: KeycloakUser;
  /** Names of the mapped roles that are effective for this person. */
  readonly roles: Set<string>;
}

export interface Holders {
  /** By the id of the person; only people who hold a mapped role by more than the realm's default role. */
  readonly byId: ReadonlyMap<string, Holder>;
  /** Mapped roles that everybody in the realm holds, because the realm's default role contains them. */
  readonly everybody: ReadonlySet<string>;
}

type Source = Pick<KeycloakClient, "realm" | "listComposites" | "roleUsers" | "listGroups" | "groupMembers">;

/**
 * Everybody for whom one of the mapped roles is effective: directly, by a group or its parents, by composite roles.
 *
 * Requests: one per composite role, one and a half per thousand holders of a role that implies a mapped one, two for
 * all groups and some per group that gives a mapped role; none per person. What it cannot see are composites of client
 * roles and mappers of a user storage, so a change must be confirmed by the person's own effective roles.
 *
 * @param roles all realm roles
 * @throws AccessError `incomplete` when a mapped role does not exist: nobody would hold it
 */
export async function readHolders(
  source: Source,
  roles: readonly KeycloakRole[],
  mapped: ReadonlySet<string>,
): Promise<Holders> {
  requireRoles(source.realm, roles, mapped);
  const nodes = await mapLimited(roles, READ_CONCURRENCY, async ({ id, name, composite }) => ({
    id,
    name,
    contains: composite ? (await source.listComposites(id)).map((child) => child.id) : [],
  }));
  const implied = impliedRoles(nodes, mapped);
  const defaultRole = defaultRoleName(source.realm);
  const granting = roles.filter(({ id }) => implied.has(id));
  const byName = new Map(granting.map(({ id, name }) => [name, implied.get(id) ?? new Set<string>()]));

  const byId = new Map<string, Holder>();
  const collect = async (pages: AsyncGenerator<readonly KeycloakUser[]>, held: ReadonlySet<string>) => {
    for await (const page of pages) {
      for (const user of page) {
        const holder = byId.get(user.id) ?? { user, roles: new Set<string>() };
        for (const name of held) holder.roles.add(name);
        byId.set(user.id, holder);
      }
    }
  };
  // The default role is held by everybody, so listing its holders would list the realm.
  const listed = granting.filter(({ name }) => name !== defaultRole);
  await mapLimited(listed, READ_CONCURRENCY, ({ name }) =>
    collect(source.roleUsers(name), byName.get(name) ?? new Set()),
  );
  const groups = grantingGroups(await source.listGroups(), byName);
  await mapLimited([...groups], READ_CONCURRENCY, ([id, held]) => collect(source.groupMembers(id), held));
  return { byId, everybody: byName.get(defaultRole) ?? new Set() };
}

function requireRoles(realm: string, roles: readonly KeycloakRole[], mapped: ReadonlySet<string>): void {
  const names = new Set(roles.map(({ name }) => name));
  const missing = [...mapped].filter((name) => !names.has(name));
  if (missing.length === 0) return;
  const list = missing.map((name) => `"${name}"${suggestion(name, names)}`).join(", ");
  throw new AccessError(
    "incomplete",
    `Keycloak: realm "${realm}" has no role ${list}, so everybody who should hold it would lose access; create it, or correct ROLE_MAPPING`,
  );
}
