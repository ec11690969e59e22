import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { normalise } from "#local/keycloak/snapshot.ts";

function realm(): Record<string, unknown> {
  const [realmId, clientId, flowId] = [randomUUID(), randomUUID(), randomUUID()];
  return {
    id: realmId,
    realm: "company",
    roles: { realm: [{ id: randomUUID(), name: "employee", containerId: realmId }] },
    clients: [
      {
        id: clientId,
        clientId: "wiki",
        secret: randomUUID(),
        attributes: { "client.secret.creation.time": String(Math.random()) },
        authenticationFlowBindingOverrides: { browser: flowId },
        redirectUris: ["http://b/", "http://a/"],
      },
    ],
    authenticationFlows: [
      { id: flowId, alias: "browser", authenticationExecutions: [{ authenticator: "auth-cookie", priority: 10 }] },
    ],
  };
}

describe("normalise", () => {
  test("makes two exports equal that differ in generated values alone", () => {
    expect(normalise(realm())).toEqual(normalise(realm()));
  });

  test("replaces references by the name of what they point at, and sorts lists", () => {
    expect(normalise(realm())).toMatchObject({
      roles: { realm: [{ name: "employee", containerId: "<company>" }] },
      clients: [
        { authenticationFlowBindingOverrides: { browser: "<browser>" }, redirectUris: ["http://a/", "http://b/"] },
      ],
    });
  });

  test("keeps the order of executions apart", () => {
    const [one, two] = [realm(), realm()];
    const execution = (priority: number) => [
      { authenticationExecutions: [{ authenticator: "auth-cookie", priority }] },
    ];
    expect(normalise({ ...one, authenticationFlows: execution(10) })).not.toEqual(
      normalise({ ...two, authenticationFlows: execution(20) }),
    );
  });

  test("leaves no secret behind", () => {
    const text = JSON.stringify(normalise({ clients: [{ clientId: "a", secret: "hidden" }] }));
    expect(text).not.toContain("hidden");
  });
});
