import { expect, it, vi } from "vitest";
import { announce } from "#components/langfuse/announcement.ts";

it("what several resources have to say is said once in an operation", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    for (const line of ["bob@example.com leaves", "bob@example.com leaves", "ann@example.com leaves"]) announce(line);
    expect(log.mock.calls).toEqual([["bob@example.com leaves"], ["ann@example.com leaves"]]);
  } finally {
    log.mockRestore();
  }
});
