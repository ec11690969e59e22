import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { SyncServiceAccount } from "#components/keycloak/sync-service-account.ts";
import { deploy, find, resolved } from "../deployment.ts";

describe("the service account of the sync", () => {
  const declare = (clientRoles = false) =>
    deploy(
      () => new SyncServiceAccount("sync-account", { realmId: "company", clientId: "langfuse-role-sync", clientRoles }),
    );

  it("can sign in as itself only", async () => {
    const { resources } = await declare();
    expect(find(resources, "Client").inputs).toEqual({
      realmId: "company",
      clientId: "langfuse-role-sync",
      name: "Langfuse role sync",
      accessType: "CONFIDENTIAL",
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      oauth2DeviceAuthorizationGrantEnabled: false,
      fullScopeAllowed: true,
    });
  });

  it.each([
    { title: "exactly two rights, both to read", clientRoles: false, expected: ["view-realm", "view-users"] },
    {
      title: "one more where client roles are followed",
      clientRoles: true,
      expected: ["view-clients", "view-realm", "view-users"],
    },
  ])("has $title", async ({ clientRoles, expected }) => {
    const { resources } = await declare(clientRoles);
    const rights = resources.filter(({ type }) => type.endsWith(":ClientServiceAccountRole"));
    expect(rights.map(({ inputs }) => inputs.role).sort()).toEqual(expected);
    for (const right of rights) {
      expect(right.inputs).toMatchObject({
        realmId: "company",
        serviceAccountUserId: "service-account-1",
        clientId: "realm-management-id",
      });
    }
  });

  it("keeps its secret secret, and has all its parts under it", async () => {
    const { result, resources } = await declare();
    expect(await pulumi.isSecret(result.clientSecret)).toBe(true);
    expect(await pulumi.isSecret(result.clientId)).toBe(false);
    expect(await resolved(result.clientId)).toBe("langfuse-role-sync");
    expect(new Set(resources.slice(1).map(({ parent }) => parent))).toEqual(new Set(["sync-account"]));
  });
});
