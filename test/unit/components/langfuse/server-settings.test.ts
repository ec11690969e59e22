import { describe, expect, it } from "vitest";
import { serverSettingsSchema } from "#components/langfuse/server-settings.ts";

describe("the settings of the server", () => {
  it.each([
    [
      "a default project without a default organization role",
      { defaultAccess: { project: { role: "VIEWER" } } },
      "role",
    ],
    [
      "NONE in a default project, which Langfuse does not take",
      { defaultAccess: { role: "NONE", project: { role: "NONE" } } },
      "role",
    ],
    ["an address instead of a domain", { signIn: { enforcedDomains: ["ann@example.com"] } }, "enforcedDomains"],
    ["a session generation of 0", { sessions: { generation: 0 } }, "generation"],
    [
      "a first key that is none",
      { init: { organization: { id: "o" }, project: { id: "p", publicKey: "x" } } },
      "publicKey",
    ],
  ])("do not take %s", (_title, server, key) => {
    const parsed = serverSettingsSchema.safeParse(server);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path).toContain(key);
  });
});
