import { describe, expect, it } from "vitest";
import { requireLangfuse } from "#components/langfuse/preflight.ts";
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
      "This Langfuse has no licence for managing organizations (403: This feature is not available on your current plan.). Roles, login gate and secrets do not need one, but this program declares organizations as well: give the server its licence key.",
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
