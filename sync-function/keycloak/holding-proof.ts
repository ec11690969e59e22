import { AccessError } from "../errors.ts";
import type { KeycloakGroup, KeycloakRole } from "./answers.ts";
import { defaultRoleName } from "./canary.ts";
import type { KeycloakClient } from "./client.ts";

/** What a server said about one person when it was asked for the effective roles. */
export interface OwnAnswer {
  readonly userId: string;
  readonly realmRoles: readonly KeycloakRole[];
  /** Ids of the effective roles of each client that was asked about, by its client id. */
  readonly clientRoles: ReadonlyMap<string, readonly KeycloakRole[]>;
  /** Groups that the person was said to be a member of; undefined when nobody asked. */
  readonly groups: readonly { readonly id: string }[] | undefined;
}

/**
 * Proves answers about single people by other answers that they follow from. An answer that was cut short is valid in
 * itself and reads like "no such role", so that somebody would lose access by it.
 */
export interface HoldingProof {
  /**
   * For answers without the realm's default role, which nearly everybody has: that the sync still sees everything, and
   * that what the person was given directly is in the answer.
   */
  ofLessThanDefault(answer: OwnAnswer): Promise<void>;
  /** For whoever would lose something: everything given directly, by groups, their parents and composites is in it. */
  ofLoss(answer: OwnAnswer): Promise<void>;
}

type ProofClient = Pick<
  KeycloakClient,
  | "countOwnGroups"
  | "listComposites"
  | "listDirectRoles"
  | "listEffectiveRoles"
  | "listGroups"
  | "listOwnGroups"
  | "ownUserId"
  | "realm"
>;

export function createHoldingProof(client: ProofClient): HoldingProof {
  const composites = new Map<string, Promise<readonly KeycloakRole[]>>();
  let groups: Promise<readonly KeycloakGroup[]> | undefined;
  const childrenOf = (id: string) => {
    const known = composites.get(id) ?? client.listComposites(id);
    composites.set(id, known);
    return known;
  };

  const directOnes = async (answer: OwnAnswer) => {
    const direct = await client.listDirectRoles(answer.userId);
    requireAll(answer, direct.realm, answer.realmRoles);
    for (const [clientId, effective] of answer.clientRoles) {
      requireAll(answer, direct.clients.get(clientId) ?? [], effective);
    }
  };
  const byGroups = async (answer: OwnAnswer) => {
    groups ??= client.listGroups();
    const [all, own, count] = await Promise.all([
      groups,
      answer.groups ?? client.listOwnGroups(answer.userId),
      client.countOwnGroups(answer.userId),
    ]);
    if (own.length < count) throw contradiction(answer, `${count} groups, of which ${own.length} are listed`);
    const byId = new Map(all.map((group) => [group.id, group]));
    for (const { id } of own) {
      for (let group = byId.get(id); group !== undefined; group = byId.get(group.parentId ?? "")) {
        const { realmRoles, clientRoles } = group;
        requireNames(answer, realmRoles, answer.realmRoles);
        for (const [clientId, effective] of answer.clientRoles) {
          requireNames(answer, clientRoles[clientId] ?? [], effective);
        }
      }
    }
  };
  const byComposites = async (answer: OwnAnswer) => {
    for (const { id, composite } of answer.realmRoles) {
      const children = composite ? await childrenOf(id) : [];
      const ofRealm = children.filter(({ clientRole }) => !clientRole);
      requireAll(answer, ofRealm, answer.realmRoles);
    }
  };

  return {
    ofLessThanDefault: async (answer) => {
      await directOnes(answer);
      const own = await client.listEffectiveRoles(await client.ownUserId());
      if (own.some(({ name }) => name === defaultRoleName(client.realm))) return;
      throw contradiction(answer, "no role, and neither has the sync's own service account any more");
    },
    ofLoss: async (answer) => {
      await directOnes(answer);
      await byGroups(answer);
      await byComposites(answer);
    },
  };
}

function requireAll(
  answer: OwnAnswer,
  expected: readonly Pick<KeycloakRole, "id" | "name">[],
  effective: readonly KeycloakRole[],
): void {
  const ids = new Set(effective.map(({ id }) => id));
  const missing = expected.find(({ id }) => !ids.has(id));
  if (missing !== undefined) throw lacking(answer, missing.name);
}

function requireNames(answer: OwnAnswer, expected: readonly string[], effective: readonly KeycloakRole[]): void {
  const names = new Set(effective.map(({ name }) => name));
  const missing = expected.find((name) => !names.has(name));
  if (missing !== undefined) throw lacking(answer, missing);
}

function lacking(answer: OwnAnswer, role: string): AccessError {
  return contradiction(answer, `no role "${role}" although it was given to them, to a group of theirs, or to a role`);
}

function contradiction({ userId }: OwnAnswer, what: string): AccessError {
  return new AccessError(
    "incomplete",
    `Keycloak: the answer about user ${userId} contradicts itself: it shows ${what}; run again, and if it stays look for a proxy or cache in between`,
  );
}
