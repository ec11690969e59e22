import { describe, expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import type { AdminApi } from "#sync/gate/admin-api.ts";
import { declaredRealm } from "#sync/gate/declared-realm.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import { gatedRealm, openRealm, specification } from "./gated-model.ts";
import { realmAnswers } from "./realm-answers.ts";

/** An Admin API of this realm, in which one path is answered otherwise. */
function apiOf(model: RealmModel, path?: string, instead?: unknown): AdminApi {
  const answer = realmAnswers(model);
  return {
    version: async () => model.version,
    send: async (request, schema) => {
      const full = `/realms${request.path}`;
      const found = full === `/realms/${model.name}${path}` ? instead : answer(full, new URLSearchParams());
      if (found === undefined) throw new AccessError("unreachable", `no ${full}`, { status: 404 });
      return schema.parse(found);
    },
  };
}

describe("what is read of a realm", () => {
  it.each([
    ["without a gate", openRealm, specification],
    ["with a gate", gatedRealm, specification],
    ["of a server that cannot force a login", { ...gatedRealm, forceLoginDefault: undefined }, specification],
    ["with a gate at the client", declaredRealm(openRealm, { ...specification, binding: "client" }), specification],
  ])("%s is all that bears on its gates", async (_title, model, declared) => {
    expect(await readRealmModel(apiOf(model), model.name, declared)).toEqual(model);
  });

  it.each([
    "",
    "/clients",
    "/client-scopes",
    "/default-default-client-scopes",
    "/default-optional-client-scopes",
    "/client-policies/profiles",
    "/authentication/config-description/reset-credential-email",
    "/identity-provider/instances",
    "/authentication/authenticator-providers",
    "/authentication/flows",
    "/authentication/flows/browser/executions",
    "/roles",
    "/roles/access/users",
  ])("is no realm at all when %s cannot be read", async (path) => {
    const refuse = apiOf(gatedRealm, path, "nothing of the kind");
    await expect(readRealmModel(refuse, gatedRealm.name, specification)).rejects.toThrow();
  });
});
