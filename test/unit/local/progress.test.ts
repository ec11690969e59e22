import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgress, silent } from "#local/progress.ts";

let lines: string[] = [];
const progress = createProgress((line) => lines.push(stripVTControlCharacters(line)));

beforeEach(() => {
  lines = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const lasting = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe("the progress of a step", () => {
  it("is its closing line alone when it is short", async () => {
    expect(await progress.step("Pulumi", async () => "result")).toBe("result");
    expect(lines).toEqual(["  ✓ Pulumi (0.0 s)"]);
  });

  it("is announced after two seconds and repeated with its last note", async () => {
    const step = progress.step("Pulumi", async (note) => {
      note("downloading");
      await lasting(20_000);
      note("too late to show");
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await step;
    expect(lines).toEqual(["  … Pulumi", "  … Pulumi, 15.0 s: downloading", "  ✓ Pulumi (20.0 s)"]);
  });

  it("ends in a cross when the step fails, and the error goes on", async () => {
    await expect(progress.step("Pulumi", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(lines).toEqual(["  ✗ Pulumi (0.0 s)"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toHaveLength(1);
  });
});

it("whatever is said appears as it is, and silence stays silent", async () => {
  progress.say("ready");
  silent.say("nothing");
  expect(await silent.step("Pulumi", async () => 1)).toBe(1);
  expect(lines).toEqual(["ready"]);
});
