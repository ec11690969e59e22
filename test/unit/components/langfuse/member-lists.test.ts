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

describe("a write that was made", () => {
  it("counts, whatever becomes of a read that somebody else began before", async () => {
    const lists = new MemberLists();
    const answer = Promise.withResolvers<never>();
    const read = () => answer.promise;
    const silent = { listMemberships: read, listProjectMemberships: read, listProjects: async () => [] };
    const reads = [lists.inOrganization(silent, ann.email), lists.inProject(silent, "p1", ann.email)];
    const owner = lists.nextOwner(10_000);
    const told = [lists.written({ ...ann, role: "OWNER" }), lists.removed(ann), lists.removed(ann, "p1")];
    answer.reject(refusal(500));
    expect((await Promise.allSettled(reads)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await Promise.all(told);
    expect(await owner).toBe(true);
  });
});
