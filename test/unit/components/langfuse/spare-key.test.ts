import { expect, it } from "vitest";
import { deleteInAnyCase } from "#components/langfuse/spare-key.ts";
import { refusal, spareKeys } from "../answers.ts";

it("what a deletion failed of is told, also where the pair that was made for it cannot be deleted either", async () => {
  const admin = { ...spareKeys([]), deleteApiKey: () => Promise.reject(refusal(503)) };
  const work = (client: "stored" | "spare") => Promise.reject(refusal(client === "stored" ? 401 : 409));
  const deletion = deleteInAnyCase<"stored" | "spare">("o1", work, { stored: "stored", spare: () => "spare", admin });
  await expect(deletion).rejects.toMatchObject({ status: 409 });
});
