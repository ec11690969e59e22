import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadline } from "#sync/deadline.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a deadline", () => {
  it("is over when its time is, and not before", () => {
    using limit = deadline(100, new AbortController().signal);
    vi.advanceTimersByTime(99);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.aborted).toBe(true);
  });

  it("is over with the first of the others, and from the beginning if one of them was", () => {
    const [one, other] = [new AbortController(), new AbortController()];
    using limit = deadline(100, one.signal, other.signal);
    other.abort();
    using late = deadline(100, one.signal, other.signal);
    expect([limit.signal.aborted, late.signal.aborted]).toEqual([true, true]);
  });

  it("leaves nothing behind where it was let go of", () => {
    const stop = new AbortController();
    const limit = deadline(100, stop.signal);
    limit[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    stop.abort();
    expect(limit.signal.aborted).toBe(false);
  });
});
