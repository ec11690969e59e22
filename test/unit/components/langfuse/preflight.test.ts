import { describe, expect, it } from "vitest";
import { requireKeyOf, requireLangfuse, requireOrganizationKey } from "#components/langfuse/preflight.ts";
import { refusal } from "../answers.ts";

const asked = (error: unknown) => requireLangfuse({ listOrganizations: () => Promise.reject(error) });

describe("a Langfuse", () => {
  it("that lists its organizations is good enough", async () => {
    await requireLangfuse({ listOrganizations: async () => [] });
  });

  it.each([
    [401, "Unauthorized", "401: Unauthorized (langfuse-access:langfuseAdminApiKey must be the server's ADMIN_API_KEY)"],
    [
      403,
      "This feature is not available on your current plan.",
      "This Langfuse has no licence for managing organizations (403: This feature is not available on your current plan.). Roles, login gate, secrets and hardening work without one: give the server its licence key, or set langfuse.manage to false.",
    ],
    [
      403,
      "ADMIN_API_KEY is not set",
      "This Langfuse takes no server key (403: ADMIN_API_KEY is not set). Set ADMIN_API_KEY on the server.",
    ],
    [500, "out of order", "500: out of order"],
  ])("that answers %i and %s is refused with what to do", async (status, said, message) => {
    await expect(asked(refusal(status, said))).rejects.toMatchObject({ name: "AccessError", status, message });
  });

  it("is not blamed for a defect of this program", async () => {
    await expect(asked(new TypeError("undefined"))).rejects.toBeInstanceOf(TypeError);
  });
});

describe("a Langfuse of which the stack has a key of an organization", () => {
  const members = async () => [];
  const asks = (list: () => Promise<never[]>, rows: () => Promise<never[]>, hasProjectRoles = true) =>
    requireOrganizationKey({ listMemberships: list, listProjectMemberships: rows }, hasProjectRoles);
  const refused = (status: number, said: string) => () => Promise.reject(refusal(status, said));

  it("is good enough when it lists the members, and knows no project of the probe", async () => {
    await asks(members, refused(404, "Project not found"));
    await asks(members, members);
  });

  it("is not asked for roles in projects where none is declared", async () => {
    await asks(members, refused(403, "Your plan does not include project role management."), false);
  });

  it.each([
    [401, "Invalid credentials", /langfuseOrganizationSecretKey must be a pair of the organization/],
    [403, "not available on your current plan.", /no licence for managing members .* set langfuse\.manage to false/],
    [500, "out of order", /^500: out of order$/],
  ])("that answers %i and %s is refused with what to do", async (status, said, message) => {
    await expect(asks(refused(status, said), members)).rejects.toThrow(message);
  });

  it("whose licence has no roles in projects is refused when some are declared", async () => {
    const said = "Your plan does not include project role management.";
    await expect(asks(members, refused(403, said))).rejects.toThrow(/Leave projectRoles out of langfuse\.members/);
  });
});

describe("a pair of an organization beside the server key", () => {
  const lists = (...ids: string[]) => ({ listApiKeys: async () => ids.map((id) => ({ id, publicKey: `pk-${id}` })) });

  it("is good enough when the server lists it in the organization that is named", async () => {
    await requireKeyOf("o1", lists("k1", "k2"), lists("k0", "k2", "k1"));
  });

  it("is refused when it is of another organization, in which everything would be made", async () => {
    await expect(requireKeyOf("o1", lists("k1"), lists("k0"))).rejects.toThrow(
      "are a pair of another organization than langfuse.organization.id names (o1)",
    );
  });

  it("is no reason to hide what the server says", async () => {
    const failing = { listApiKeys: () => Promise.reject(refusal(404, "Organization not found")) };
    await expect(requireKeyOf("o1", lists("k1"), failing)).rejects.toThrow("404: Organization not found");
  });
});
