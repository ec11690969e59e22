import { expect, it } from "vitest";
import { type AnyRole, requireExistence } from "#sync/keycloak/grants.ts";

const clientRole = (clientId: string, name: string): AnyRole => ({
  id: `${clientId} ${name}`,
  name,
  composite: false,
  clientRole: true,
  client: { id: clientId, clientId },
});
const asking = (...names: string[]) => ({
  realmRoles: new Set<string>(),
  clientRoles: new Set(names),
  groups: new Set<string>(),
});

it("a client role that two are written like decides about nobody", () => {
  const roles = [clientRole("a", "b/c"), clientRole("a/b", "c"), clientRole("a", "d")];
  expect(() => requireExistence("company", asking("a/b/c"), { roles, groups: [] })).toThrow("two client roles");
  expect(() => requireExistence("company", asking("a/d"), { roles, groups: [] })).not.toThrow();
});

it("what does not exist is named, with what is like it", () => {
  const roles = [clientRole("crm", "agent")];
  expect(() => requireExistence("company", asking("crm/agnt"), { roles, groups: [] })).toThrow(
    'has no client role "crm/agnt" (did you mean "crm/agent"?)',
  );
});
