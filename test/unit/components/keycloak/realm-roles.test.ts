import { describe, expect, it } from "vitest";
import { RealmRoles } from "#components/keycloak/realm-roles.ts";
import { deploy, find, type Registered, resolved } from "../deployment.ts";

describe("the realm roles", () => {
  const args = {
    realmId: "company",
    gateRole: "langfuse-access",
    owner: "langfuse-access/dev",
    roles: [{ name: "langfuse-admin", description: "Administers" }, { name: "langfuse-viewer" }],
  };

  it("each include the role of the gate and nothing else", async () => {
    const { resources } = await deploy(() => new RealmRoles("roles", args));
    expect(find(resources, "Role", "roles-langfuse-access").inputs).toEqual({
      realmId: "company",
      name: "langfuse-access",
      description: "May sign in to Langfuse",
      attributes: { managedBy: "langfuse-access/dev", opensLoginGate: "true" },
    });
    expect(find(resources, "Role", "roles-langfuse-admin").inputs).toEqual({
      realmId: "company",
      name: "langfuse-admin",
      description: "Administers",
      attributes: { managedBy: "langfuse-access/dev" },
      compositeRoles: ["roles-langfuse-access-id"],
    });
    expect(find(resources, "Role", "roles-langfuse-viewer").inputs).not.toHaveProperty("description");
    expect(resources.filter(isRole).map((role) => role.parent)).toEqual(["roles", "roles", "roles"]);
  });

  it("include a former gate role too, until the flows go by the new one", async () => {
    const { resources } = await deploy(() => new RealmRoles("roles", { ...args, retiredGateRoles: ["former-id"] }));
    expect(find(resources, "Role", "roles-langfuse-viewer").inputs.compositeRoles).toEqual([
      "roles-langfuse-access-id",
      "former-id",
    ]);
  });

  it("do not include an adopted gate role, which gives more than a login", async () => {
    const { result, resources } = await deploy(() => new RealmRoles("roles", { ...args, adoptGateRole: true }));
    expect(
      resources
        .filter(isRole)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["roles-langfuse-admin", "roles-langfuse-viewer"]);
    expect(resources.filter(isRole).every(({ inputs }) => !("compositeRoles" in inputs))).toBe(true);
    expect(await resolved(result.gateRoleName)).toBe("langfuse-access");
  });

  it("are known by name, the gate's apart", async () => {
    const { result } = await deploy(() => new RealmRoles("roles", args));
    expect(await resolved(result.names)).toEqual(["langfuse-admin", "langfuse-viewer"]);
    expect(await resolved(result.gateRoleName)).toBe("langfuse-access");
  });
});

const isRole = ({ type }: Registered): boolean => type === "keycloak:index/role:Role";
