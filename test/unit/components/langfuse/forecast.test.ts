import { describe, expect, it } from "vitest";
import { foretell } from "#components/langfuse/forecast.ts";
import { AccessError } from "#sync/errors.ts";
import { never, refusal } from "../answers.ts";

describe("what will become of something new", () => {
  const said = async (look: () => Promise<readonly string[]>, patience?: number) => {
    const lines: string[] = [];
    const reason = await foretell(look, (line) => lines.push(line), patience);
    return { lines, reason };
  };

  it("is said line by line", async () => {
    expect(await said(async () => ["one", "two"])).toEqual({ lines: ["one", "two"], reason: undefined });
  });

  it("is a refusal where that is certain", async () => {
    const refuse = () => Promise.reject(new AccessError("refused", "There are two."));
    expect(await said(refuse)).toEqual({ lines: [], reason: "There are two." });
  });

  it("is not known where the server fails, which keeps nobody from going on", async () => {
    const line = "What is there already, and taken over, cannot be told now: 503: said the server";
    expect(await said(() => Promise.reject(refusal(503)))).toEqual({ lines: [line], reason: undefined });
  });

  it("is not waited for longer than a person would", async () => {
    const { lines } = await said(() => new Promise(() => {}), 10);
    expect(lines).toEqual(["What is there already, and taken over, cannot be told now: no answer for 0.01 seconds"]);
  });

  it("hides no defect", async () => {
    await expect(said(async () => never())).rejects.toThrow("this call was not expected");
  });
});
