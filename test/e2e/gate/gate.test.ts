import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { people, wiki } from "#local/keycloak/company.ts";
import { exportRealm } from "#local/keycloak/realm.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { silent } from "#local/progress.ts";
import { type Outcome, Stack } from "#local/pulumi/stack.ts";
import { checkGate } from "#sync/gate/check.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import { gateSettingsSchema, gateSpecification } from "#sync/gate/settings.ts";
import { borrowKeycloak } from "#test/keycloak.ts";
import {
  type CompanyServer,
  copyPartner,
  langfuse,
  makePostBrokerFlow,
  partners,
  startCompany,
} from "../../integration/gate/gated-realm.ts";
import { withoutOurs } from "./foreign.ts";
import { hammer, type Kind, type Tally } from "./hammer.ts";

const program = fileURLToPath(new URL("../programs/gate/", import.meta.url));
const theirBrowserFlow = "Our browser";
const theirPostFlow = "after vendor";
/** Logins at a time. More of them make every run slower, and not more of its moments seen. */
const WORKERS = 2;

let company: CompanyServer;
let stack: Stack;
let folder: string;
/** The realm as its owners made it. */
let found: unknown;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-gate-"));
  company = await startCompany(await borrowKeycloak());
  await makeTheirs(company);
  found = await exportRealm(company.admin, company.realm);
  stack = await Stack.create({
    name: "gate",
    folder,
    progress: silent,
    program,
    settings: settings(),
    secrets: { keycloakAdminSecret: company.signIn.password },
  });
});
afterAll(async () => {
  await company?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the realm's owners have: a browser flow of their own, and identity providers with and without a post-broker flow. */
async function makeTheirs(server: CompanyServer): Promise<void> {
  const { admin, realm } = server;
  await admin.post(`/realms/${realm}/authentication/flows/browser/copy`, { newName: theirBrowserFlow });
  // Cheap passwords: the test is about many logins, not about guessing.
  const passwordPolicy = "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)";
  await admin.put(`/realms/${realm}`, {
    realm,
    browserFlow: theirBrowserFlow,
    passwordPolicy,
    resetPasswordAllowed: true,
  });
  await makePostBrokerFlow(server, theirPostFlow);
  await copyPartner(server, { alias: "vendor", postBrokerLoginFlowAlias: theirPostFlow });
  await copyPartner(server, { alias: "off", enabled: false });
}

const settings = (gate: Record<string, unknown> = {}) => ({
  keycloak: { url: company.url, realm: company.realm, admin: { username: company.signIn.username } },
  roles: [{ name: "langfuse-admin", grants: "ADMIN" }],
  gate: { flowToCopy: theirBrowserFlow, allowEmpty: true, forceLoginAfterReset: true, ...gate },
});

async function run(operation: Promise<Outcome>): Promise<Outcome> {
  const outcome = await operation;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

async function up(gate: Record<string, unknown> = {}): Promise<Outcome> {
  await stack.configure(settings(gate));
  return await run(stack.up());
}

async function findings(gate: Record<string, unknown> = {}) {
  const specification = gateSpecification(gateSettingsSchema.parse({ ...settings().gate, ...gate }), "langfuse");
  return checkGate(await readRealmModel(company.api, company.realm, specification), specification);
}

const postFlowOf = async (alias: string) =>
  (
    await company.admin.get<{ postBrokerLoginFlowAlias?: string }>(
      `/realms/${company.realm}/identity-provider/instances/${alias}`,
    )
  ).postBrokerLoginFlowAlias;

const credentialsOf = (username: string) => ({ username, password: `${username}-password` });
const through = (kc_idp_hint: string) => ({ parameters: { kc_idp_hint } });
const kinds: readonly Kind[] = [
  ...[people.direct, people.composite].map((person) => ({
    title: `${person.username} to Langfuse`,
    client: langfuse,
    credentials: credentialsOf(person.username),
    isRightful: true,
  })),
  ...[
    { title: "nobody to Langfuse", client: langfuse, isRightful: false },
    {
      title: "nobody to Langfuse with the session of another client",
      client: langfuse,
      session: wiki,
      isRightful: false,
    },
    { title: "nobody to another client", client: wiki, isRightful: true },
  ].map((kind) => ({ ...kind, credentials: credentialsOf(people.nobody.username) })),
  ...["partner", "vendor"].flatMap((alias) => [
    {
      title: `a holder to Langfuse through ${alias}`,
      client: langfuse,
      credentials: credentialsOf(partners.linked),
      ...through(alias),
      isRightful: true,
    },
    {
      title: `a stranger to Langfuse through ${alias}`,
      client: langfuse,
      credentials: credentialsOf(partners.stranger),
      ...through(alias),
      isRightful: false,
    },
    {
      title: `a stranger to another client through ${alias}`,
      client: wiki,
      credentials: credentialsOf(partners.stranger),
      ...through(alias),
      isRightful: true,
    },
  ]),
];

describe("a gate on a realm with flows and identity providers of others", () => {
  it("stands after one run and covers every identity provider, also the one that is off", async () => {
    await up();
    // Beside what is ours nothing has changed but the realm's browser flow, which is one of ours now.
    const { browserFlow: _theirs, ...before } = found as Record<string, unknown>;
    expect(withoutOurs(await exportRealm(company.admin, company.realm))).toEqual(before);
    await assignRoles(company.admin, company.realm, {
      users: { [people.direct.username]: ["langfuse-admin"] },
      composites: { "team-lead": ["langfuse-admin"] },
    });
    expect(await findings()).toEqual([]);
    const { gateFlowAliases } = await stack.outputs();
    expect(gateFlowAliases).toEqual([
      expect.stringMatching(/^browser-langfuse-[0-9a-f]{8}$/),
      expect.stringMatching(/^browser-langfuse-post-broker-[0-9a-f]{8}$/),
      theirPostFlow,
    ]);
    expect(await postFlowOf("off")).toBe(await postFlowOf("partner"));
    expect((await run(stack.up())).changes).toEqual({ same: expect.any(Number) });
  });

  it("admits exactly the rightful while runs change message, generation, marker and role under the logins", async () => {
    await meetPartners();
    const hammering = hammer(company.issuer, kinds, WORKERS);
    let gate: Record<string, unknown> = {};
    const changes = [
      { denyMessage: "Ask." },
      { generation: 2 },
      { scope: "marker-2" },
      { role: "langfuse-entry" },
      { binding: "client" },
    ];
    let deletions = 0;
    let tally: Tally;
    try {
      for (let runs = 0; runs < changes.length || hammering.count() < 500; runs += 1) {
        gate = { ...gate, ...(changes[runs] ?? { generation: runs }) };
        const { steps } = await up(gate);
        deletions += steps.filter(({ operation, type }) => operation.startsWith("delete") && type === "Flow").length;
      }
    } finally {
      tally = await hammering.stop();
    }
    const { logins, retried, wrong } = tally;
    expect(wrong).toEqual([]);
    expect(logins).toBeGreaterThanOrEqual(500);
    // One login of each worker may be under way whenever a flow is deleted.
    expect(retried.length, retried.join("; ")).toBeLessThanOrEqual(WORKERS * deletions);
    expect(await findings(gate)).toEqual([]);
  });

  it("leaves a post-broker flow alone that an owner set since, and gates it", async () => {
    const path = `/realms/${company.realm}/identity-provider/instances/partner`;
    const partner = await company.admin.get<object>(path);
    await company.admin.put(path, { ...partner, postBrokerLoginFlowAlias: theirPostFlow });
    await run(stack.refresh());
    await up();
    expect(await postFlowOf("partner")).toBe(theirPostFlow);
    expect(await findings()).toEqual([]);
    // Back to what was found.
    await company.admin.put(path, { ...partner, postBrokerLoginFlowAlias: "" });
  });

  it("is switched off by one run, which leaves everything of others as it was found", async () => {
    await up({ enabled: false });
    const { browserFlow } = await company.admin.get<{ browserFlow: string }>(`/realms/${company.realm}`);
    expect(browserFlow).toBe(theirBrowserFlow);
    await run(stack.destroy());
    expect(await exportRealm(company.admin, company.realm)).toEqual(found);
  });
});

/** Both partners have been here before, and come through either identity provider. */
async function meetPartners(): Promise<void> {
  const { admin, realm, issuer } = company;
  const request = { issuer, ...wiki, ...through("partner") };
  expect(await authorise(new Browser(), request, credentialsOf(partners.stranger))).toMatchObject({ kind: "code" });
  for (const username of [people.direct.username, partners.stranger]) {
    const [user] = await admin.get<{ id: string }[]>(`/realms/${realm}/users`, { username });
    const path = `/realms/${realm}/users/${user?.id}/federated-identity`;
    const [partner] = await admin.get<object[]>(path);
    await admin.post(`${path}/vendor`, { ...partner, identityProvider: "vendor" });
  }
}
