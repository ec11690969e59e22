import { describe, expect, it } from "vitest";
import { MemberLists } from "#components/langfuse/member-lists.ts";
import { refusal } from "../answers.ts";

const ann = { userId: "u1", email: "ann@example.com", role: "MEMBER" };

/** A reader that counts, and answers a role of its own. */
function reader(role = "MEMBER") {
  const reads: string[] = [];
  return {
    reads,
    listMemberships: async () => {
      reads.push("organization");
      return [{ ...ann, role }];
    },
    listProjects: async () => [],
    listProjectMemberships: async (projectId: string) => {
      reads.push(projectId);
      return [{ ...ann, role }];
    },
  };
}

describe("what is known of members", () => {
  it("is read once for each list, and again after a read that failed", async () => {
    const lists = new MemberLists();
    const broken = { ...reader(), listMemberships: () => Promise.reject(refusal(500)) };
    await expect(lists.inOrganization(broken, "ann@example.com")).rejects.toThrow("500");
    const server = reader();
    for (const email of ["ann@example.com", "ANN@example.com"]) {
      expect(await lists.inOrganization(server, email)).toEqual(ann);
      expect(await lists.inProject(server, "p1", email)).toEqual(ann);
    }
    expect(server.reads).toEqual(["organization", "p1"]);
  });

  it("is read back after changes until one has come true", async () => {
    const lists = new MemberLists();
    const deaf = reader("MEMBER");
    expect(await lists.changed(deaf, { ...ann, role: "ADMIN" })).toMatchObject({ role: "MEMBER" });
    const obedient = reader("ADMIN");
    expect(await lists.changed(obedient, { ...ann, role: "ADMIN" })).toMatchObject({ role: "ADMIN" });
    expect(await lists.changed(obedient, { ...ann, role: "VIEWER" })).toMatchObject({ role: "VIEWER" });
    expect([deaf.reads, obedient.reads]).toEqual([["organization"], ["organization"]]);
  });

  it("tells those who wait when somebody has become an owner, and not for ever", async () => {
    const lists = new MemberLists();
    expect(await lists.nextOwner(1)).toBe(false);
    const both = Promise.all([lists.nextOwner(10_000), lists.nextOwner(10_000)]);
    await lists.written({ ...ann, role: "OWNER" }, "p1");
    await lists.written({ ...ann, role: "ADMIN" });
    await lists.written({ ...ann, role: "OWNER" });
    expect(await both).toEqual([true, true]);
  });
});
