import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkGate } from "#sync/gate/check.ts";
import { borrowKeycloak } from "#test/keycloak.ts";
import * as damage from "./damage.ts";
import {
  type GatedRealm,
  grafana,
  makeTheirs,
  specification as oneGate,
  startGatedRealm,
  theirFlow,
} from "./gated-realm.ts";
import { recoverByHand } from "./recovery.ts";

const browser = damage.BROWSER;
const wrapper = `${browser}-sign-in`;
const gate = `${browser}-langfuse-gate`;
const secondGate = `${browser}-grafana-gate`;
const post = damage.POST;
const postGate = `${post}-langfuse-gate`;
const off = { requirement: "DISABLED" };
const [scope, role, deny] = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"];
const idp = "/identity-provider/instances/partner";

type Damage = (realm: GatedRealm) => Promise<damage.Repair>;

const attribute = (name: string): Damage =>
  damage.clientSetting(async () => ({ attributes: { [name]: "true" } }), { attributes: { [name]: "false" } });

const grafanaGate = { client: grafana.clientId, scope: "grafana-gate", role: "employee", denyMessage: "Not for you." };
const twoGates = { ...oneGate, gates: [...oneGate.gates, grafanaGate] };

/** Title, damage, and what the finding's fact and remedy must say. */
const damages: readonly (readonly [title: string, make: Damage, fact: RegExp, remedy: RegExp])[] = [
  [
    "scope condition off",
    damage.execution(browser, scope, off, gate),
    /conditional-client-scope.*is DISABLED/,
    /pulumi/,
  ],
  ["role condition off", damage.execution(browser, role, off, gate), /conditional-user-role.*is DISABLED/, /pulumi/],
  ["refusal off", damage.execution(browser, deny, off, gate), /deny-access.*is DISABLED/, /pulumi/],
  [
    "post-broker scope condition off",
    damage.execution(post, scope, off, postGate),
    /in "browser-langfuse-post-broker-.*-langfuse-gate" is DISABLED/,
    /pulumi/,
  ],
  [
    "post-broker role condition off",
    damage.execution(post, role, off, postGate),
    /in "browser-langfuse-post-broker-.*-langfuse-gate" is DISABLED/,
    /pulumi/,
  ],
  ["post-broker refusal off", damage.execution(post, deny, off, postGate), /deny-access.*is DISABLED/, /pulumi/],
  ["gate off", damage.execution(browser, gate, off), /-langfuse-gate".*is DISABLED/, /pulumi/],
  [
    "gate for everybody",
    damage.execution(browser, gate, { requirement: "REQUIRED" }),
    /is REQUIRED instead of CONDITIONAL/,
    /pulumi/,
  ],
  [
    "gate as alternative",
    damage.execution(browser, gate, { requirement: "ALTERNATIVE" }),
    /mixes ALTERNATIVE/,
    /pulumi/,
  ],
  [
    "post-broker gate off",
    damage.execution(post, postGate, off),
    /post-broker-\w+-langfuse-gate".*is DISABLED/,
    /pulumi/,
  ],
  [
    "first post-broker step off",
    damage.execution(post, "allow-access-authenticator", off),
    /nothing but conditional/,
    /allow-access/,
  ],
  ["wrapper off", damage.execution(browser, wrapper, off), /sign-in.*is DISABLED/, /pulumi/],
  [
    "wrapper as alternative",
    damage.execution(browser, wrapper, { requirement: "ALTERNATIVE" }),
    /mixes ALTERNATIVE/,
    /pulumi/,
  ],
  ["cookie off", damage.execution(browser, "auth-cookie", off), /copy of "browser".*auth-cookie.*DISABLED/, /refresh/],
  ["forms off", damage.execution(browser, `${browser}-forms`, off), /copy of "browser".*forms.*DISABLED/, /refresh/],
  ["gate before wrapper", damage.execution(browser, gate, { priority: 5 }), /another order/, /pulumi/],
  ["refusal before conditions", damage.execution(browser, deny, { priority: 5 }, gate), /another order/, /pulumi/],
  ["equal priorities", damage.execution(browser, gate, { priority: 10 }), /same priority/, /pulumi/],
  [
    "scope of condition emptied",
    damage.configuration(browser, scope, { client_scope: "" }, gate),
    /client_scope "" instead of "langfuse-gate"/,
    /pulumi/,
  ],
  [
    "scope of condition misspelt",
    damage.configuration(browser, scope, { client_scope: "gate" }, gate),
    /client_scope "gate"/,
    /pulumi/,
  ],
  [
    "role of condition emptied",
    damage.configuration(browser, role, { condUserRole: "" }, gate),
    /condUserRole ""/,
    /pulumi/,
  ],
  [
    "role of condition misspelt",
    damage.configuration(browser, role, { condUserRole: "access" }, gate),
    /condUserRole "access"/,
    /pulumi/,
  ],
  [
    "negation of the role removed",
    damage.configuration(browser, role, { negate: "false" }, gate),
    /negate "" instead of "true"/,
    /pulumi/,
  ],
  [
    "negation of the scope added",
    damage.configuration(browser, scope, { negate: "true" }, gate),
    /negate "true" instead of ""/,
    /pulumi/,
  ],
  [
    "message changed",
    damage.configuration(browser, deny, { denyErrorMessage: "x" }, gate),
    /denyErrorMessage "x"/,
    /pulumi/,
  ],
  [
    "post-broker role misspelt",
    damage.configuration(post, role, { condUserRole: "access" }, postGate),
    /condUserRole "access"/,
    /pulumi/,
  ],
  [
    "alias of the gate changed",
    damage.execution(browser, gate, { displayName: "other" }),
    /lacks the sub-flow ".*-langfuse-gate"/,
    /pulumi/,
  ],
  [
    "a step more behind the gate",
    damage.extraExecution(browser, "allow-access-authenticator"),
    /has the step "allow-access-authenticator" besides/,
    /pulumi/,
  ],
  [
    "a new step in the copied flow",
    damage.execution("browser", "auth-spnego", { requirement: "ALTERNATIVE" }),
    /no longer like it.*auth-spnego/,
    /builds another flow/,
  ],
  ["marker detached", damage.unmarked(false), /lacks the default scope/, /default|scopes/],
  ["marker optional", damage.unmarked(true), /is an optional scope/, /default scope/],
  ["marker on another client", damage.markedToo("wiki"), /"wiki" has the scope/, /remove/],
  ["marker on new clients", damage.markedToo("new clients"), /gives the scope.*to new clients/, /remove/],
  ["marker renamed", damage.renamedMarker, /client scope "langfuse-gate" does not exist/, /pulumi/],
  [
    "role renamed",
    damage.resource("/roles/langfuse-access", { name: "renamed" }, "/roles/renamed"),
    /role "langfuse-access" does not exist/,
    /create it/,
  ],
  [
    "role given to everybody",
    damage.roleForEverybody,
    /everybody holds the role "langfuse-access"/,
    /out of the realm's default roles/,
  ],
  ["binding reset", damage.realmSetting({ browserFlow: "browser" }), /browser flow is "browser"/, /bind/],
  ["registration on", damage.realmSetting({ registrationAllowed: true }), /register themselves/, /registration off/],
  ["reset of passwords on", damage.realmSetting({ resetPasswordAllowed: true }), /reset their password/, /force-login/],
  [
    "flow of the client overridden",
    damage.clientSetting(
      async (flowId) => ({ authenticationFlowBindingOverrides: { browser: await flowId("browser") } }),
      { authenticationFlowBindingOverrides: { browser: "" } },
    ),
    /overrides the realm's browser flow with "browser"/,
    /remove the override/,
  ],
  [
    "direct grant on",
    damage.clientSetting(async () => ({ directAccessGrantsEnabled: true }), {}),
    /direct access grants enabled/,
    /off/,
  ],
  ["CIBA on", attribute("oidc.ciba.grant.enabled"), /CIBA grant enabled/, /off/],
  ["token exchange on", attribute("standard.token.exchange.enabled"), /token exchange enabled/, /off/],
  ["JWT grant on", attribute("oauth2.jwt.authorization.grant.enabled"), /JWT authorization grant enabled/, /off/],
  [
    "configuration of the scope removed",
    damage.removedConfiguration(browser, scope, gate),
    /client_scope "" instead of "langfuse-gate"/,
    /pulumi/,
  ],
  [
    "configuration of the role removed",
    damage.removedConfiguration(browser, role, gate),
    /condUserRole "" instead of "langfuse-access"/,
    /pulumi/,
  ],
  [
    "configuration of the role after a broker removed",
    damage.removedConfiguration(post, role, postGate),
    /condUserRole "" instead of "langfuse-access"/,
    /pulumi/,
  ],
  [
    "gate in a flow of others off",
    damage.execution(theirFlow, damage.APPENDED, off),
    /"langfuse-gate-in-their-flow-.*is DISABLED/,
    /pulumi/,
  ],
  [
    "refusal in a flow of others off",
    damage.execution(theirFlow, deny, off, damage.APPENDED),
    /deny-access-authenticator" in "langfuse-gate-in-their-flow-.*is DISABLED/,
    /pulumi/,
  ],
  [
    "their step behind the gate",
    damage.execution(theirFlow, "allow-access-authenticator", { priority: 2000 }),
    /"their flow" lacks the sub-flow "langfuse-gate-in-their-flow-/,
    /pulumi/,
  ],
  ["second gate off", damage.execution(browser, secondGate, off), /-grafana-gate".*is DISABLED/, /pulumi/],
  [
    "role of the second gate misspelt",
    damage.configuration(browser, role, { condUserRole: "nobody" }, secondGate),
    /condUserRole "nobody" instead of "employee"/,
    /pulumi/,
  ],
  ["gates swapped", damage.execution(browser, secondGate, { priority: 15 }), /another order/, /pulumi/],
  [
    "post-broker flow taken away",
    damage.resource(idp, { postBrokerLoginFlowAlias: "" }),
    /"partner" has no post-broker flow/,
    /pulumi/,
  ],
  ["another identity provider", damage.uncoveredIdentityProvider, /"vendor" has no post-broker flow/, /pulumi/],
  ["flow chosen by policy", damage.flowPolicy, /auth-flow-enforcer/, /remove the executor/],
];

describe("the check of a live realm", () => {
  let realm: GatedRealm;

  beforeAll(async () => {
    realm = await startGatedRealm(await borrowKeycloak("26.7.5"), twoGates, makeTheirs);
  }, 600_000);
  afterAll(async () => {
    await realm?.stop();
  }, 60_000);

  test.each(damages)("finds: %s", async (_title, make, fact, remedy) => {
    const repair = await make(realm);
    const findings = checkGate(await realm.model(), twoGates);
    await repair();
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: "error",
        fact: expect.stringMatching(fact),
        remedy: expect.stringMatching(remedy),
      }),
    );
    expect(checkGate(await realm.model(), twoGates)).toEqual([]);
  });

  test("is undone by hand with the commands of the documentation", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "kcadm-"));
    await recoverByHand(realm, "26.7.5", folder);
    await rm(folder, { recursive: true });
    const { bindings, identityProviders } = await realm.model();
    expect(bindings.browser).toBe("browser");
    expect(identityProviders.find(({ alias }) => alias === "partner")?.postFlow).toBeUndefined();
  });
});
