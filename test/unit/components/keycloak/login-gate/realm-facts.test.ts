import { describe, expect, it } from "vitest";
import { readRealmFacts } from "#components/keycloak/login-gate/realm-facts.ts";
import { fakeApi } from "../admin-api-fake.ts";

const specification = {
  flow: "browser-langfuse",
  flowToCopy: "our browser",
  generation: 1,
  gates: [{ client: "langfuse", scope: "langfuse-gate", role: "langfuse-access", denyMessage: "Not you." }],
};
const options = { realm: "company", specification, owner: "access/dev", declaredRoles: ["langfuse-access"] };
const needed = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"];

/** What a realm answers, by path; a test replaces some of it. */
const answers = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  "GET /company/authentication/authenticator-providers": needed.map((id) => ({ id, displayName: id })),
  "GET /company": { realm: "company", browserFlow: "our browser" },
  "GET /company/clients": [
    { id: "c2", clientId: "langfuse-2" },
    { id: "c1", clientId: "langfuse", protocol: "openid-connect" },
  ],
  "GET /company/authentication/flows/our%20browser/executions": [
    { id: "e1", level: 0, index: 0, requirement: "ALTERNATIVE", providerId: "auth-cookie", displayName: "Cookie" },
    { id: "e2", level: 0, index: 1, requirement: "ALTERNATIVE", providerId: "idp", authenticationConfig: "x1" },
  ],
  "GET /company/authentication/config/x1": { id: "x1", alias: "to the company", config: { defaultProvider: "oidc" } },
  "GET /company/identity-provider/instances": [],
  "GET /company/client-scopes": [{ name: "profile" }, { name: "langfuse-gate", description: "[access/dev] Marks" }],
  "GET /company/authentication/flows": [
    { id: "f1", alias: "browser-langfuse-01234567", builtIn: false, description: "[access/dev] Login" },
    { id: "f2", alias: "our browser", builtIn: false },
  ],
  ...changes,
});

const read = (changes?: Record<string, unknown>) =>
  readRealmFacts(
    fakeApi((call) => answers(changes)[call]),
    options,
  );

describe("the facts of a realm", () => {
  it("are its client, its bound flow and the steps to copy with their configuration", async () => {
    expect(await read()).toEqual({
      clients: { langfuse: "c1" },
      identityProviders: [],
      flows: {},
      ownFlows: ["browser-langfuse-01234567"],
      boundFlow: "our browser",
      executions: [
        { level: 0, requirement: "ALTERNATIVE", providerId: "auth-cookie", displayName: "Cookie" },
        {
          level: 0,
          requirement: "ALTERNATIVE",
          providerId: "idp",
          config: { alias: "to the company", values: { defaultProvider: "oidc" } },
        },
      ],
    });
  });

  it.each(needed)("are refused for a server without %s, which the gate is made of", async (missing) => {
    const others = needed.filter((id) => id !== missing).map((id) => ({ id }));
    await expect(read({ "GET /company/authentication/authenticator-providers": others })).rejects.toThrow(
      `The Keycloak of realm "company" has no authenticator "${missing}", so the login gate cannot be built: use Keycloak 26.1 or newer (26.7.3 is advised), or set gate.enabled to false.`,
    );
  });

  it("are refused for a realm without the client, although another one has a name like it", async () => {
    await expect(read({ "GET /company/clients": [{ id: "c2", clientId: "langfuse-2" }] })).rejects.toThrow(
      'The realm "company" has no client "langfuse": create its OpenID Connect client, or name another one in keycloak.langfuseClient or gate.others.',
    );
  });

  it("are refused for a client of another protocol, which the marker could never match", async () => {
    const saml = [{ id: "c1", clientId: "langfuse", protocol: "saml" }];
    await expect(read({ "GET /company/clients": saml })).rejects.toThrow(
      'The client "langfuse" speaks saml; only OpenID Connect clients can be gated.',
    );
  });

  it("are refused for a flow to copy that is not there, by its name", async () => {
    const missing = { "GET /company/authentication/flows/our%20browser/executions": undefined };
    await expect(read(missing)).rejects.toThrow(
      'The realm "company" has no flow "our browser": name one in gate.flowToCopy.',
    );
  });

  it("have the identity providers, and the flows they run afterwards", async () => {
    const facts = await read({
      "GET /company/identity-provider/instances": [
        { alias: "partner", enabled: true, postBrokerLoginFlowAlias: "theirs" },
        { alias: "vendor", enabled: false },
      ],
      "GET /company/authentication/flows": [
        { id: "f3", alias: "theirs", builtIn: false },
        { id: "f4", alias: "browser", builtIn: true },
      ],
      "GET /company/authentication/flows/theirs/executions": [
        { id: "e3", level: 0, priority: 10, requirement: "REQUIRED", providerId: "allow-access-authenticator" },
      ],
    });
    expect(facts.identityProviders).toEqual([
      { alias: "partner", enabled: true, postFlow: "theirs" },
      { alias: "vendor", enabled: false, postFlow: undefined },
    ]);
    expect(Object.entries(facts.flows)).toMatchObject([
      ["theirs", { builtIn: false, executions: [{ providerId: "allow-access-authenticator" }] }],
    ]);
  });

  it.each([undefined, "[access/prod] Marks"])("are refused for a marker that others made (%s)", async (description) => {
    const theirs = { "GET /company/client-scopes": [{ name: "langfuse-gate", description }] };
    await expect(read(theirs)).rejects.toThrow(
      'The realm has a client scope "langfuse-gate" already, which this stack did not make: name another one in gate.scope or gate.others, or delete it if nothing uses it.',
    );
  });

  it("are refused for a role of another gate that is neither there nor declared", async () => {
    const missing = { ...options, declaredRoles: [] };
    await expect(
      readRealmFacts(
        fakeApi((call) => answers()[call]),
        missing,
      ),
    ).rejects.toThrow('The realm "company" has no role "langfuse-access": create it, or name another one.');
  });
});
