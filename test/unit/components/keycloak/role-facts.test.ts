import { describe, expect, it } from "vitest";
import { readRetiredGateRoles } from "#components/keycloak/role-facts.ts";
import { fakeApi } from "./admin-api-fake.ts";

const options = {
  realm: "company",
  owner: "access/dev",
  gateRole: "langfuse-access",
  adoptGateRole: false,
  roles: ["langfuse-admin"],
};
const ours = { managedBy: ["access/dev"] };
const role = (name: string, attributes?: Record<string, string[]>) => ({ id: `${name}-id`, name, attributes });

const read = (found: readonly object[], changes: Partial<typeof options> = {}) =>
  readRetiredGateRoles(
    fakeApi((call) => (call === "GET /company/roles" ? found : undefined)),
    { ...options, ...changes },
  );

describe("the realm's roles before an up", () => {
  it("are fine when none of the declared ones is there, or when this stack made them", async () => {
    expect(await read([role("employee")])).toEqual([]);
    expect(await read([role("langfuse-access", ours), role("langfuse-admin", ours)])).toEqual([]);
  });

  it("stop it when one of them is of others, with the key to change", async () => {
    await expect(read([role("langfuse-admin")])).rejects.toThrow(
      'The realm "company" has a role "langfuse-admin" already, which this stack did not make: name another one in roles',
    );
    await expect(read([role("langfuse-access", { managedBy: ["access/prod"] })])).rejects.toThrow("set gate.adoptRole");
  });

  it("may have an adopted gate role, which must be there and of others", async () => {
    const adopting = { adoptGateRole: true };
    expect(await read([role("langfuse-access")], adopting)).toEqual([]);
    await expect(read([], adopting)).rejects.toThrow('gate.adoptRole is true, but the role "langfuse-access" does not');
    await expect(read([role("langfuse-access", ours)], adopting)).rejects.toThrow("is one that this stack made");
  });

  it("tell which gate roles this stack has under a former name", async () => {
    const gates = { ...ours, opensLoginGate: ["true"] };
    const found = [role("former", gates), role("langfuse-access", gates), role("langfuse-old", ours)];
    expect(await read([...found, role("theirs", { opensLoginGate: ["true"] })])).toEqual(["former-id"]);
  });
});
