import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OrganizationPairs } from "#components/langfuse/organization-pairs.ts";
import { refusal } from "../answers.ts";

const pair = (name: string) => ({ publicKey: `pk-lf-${name}`, secretKey: `sk-lf-${name}` });

/** Milliseconds that no test takes. */
const LONG = 3_600_000;

/** A server that accepts one pair and notes which were tried. */
function server(accepted: string) {
  const tried: string[] = [];
  const work = async ({ secretKey }: { secretKey: string }) => {
    tried.push(secretKey.slice("sk-lf-".length));
    if (secretKey !== `sk-lf-${accepted}`) throw refusal(401);
    return "done";
  };
  return { tried, work };
}

describe("the pairs of an organization", () => {
  it("are tried the newest first, and the stored one last", async () => {
    const pairs = new OrganizationPairs(0);
    pairs.remember(pair("1"));
    pairs.remember(pair("2"));
    const { tried, work } = server("stored");
    expect(await pairs.withAccepted(pair("stored"), work)).toBe("done");
    expect(tried).toEqual(["2", "1", "stored"]);
  });

  it("are tried once each, and then the first refusal counts", async () => {
    const pairs = new OrganizationPairs(LONG);
    pairs.remember(pair("stored"));
    const { tried, work } = server("none");
    await expect(pairs.withAccepted(pair("stored"), work)).rejects.toMatchObject({ status: 401 });
    expect(tried).toEqual(["stored"]);
  });

  it("are not waited for where nobody is going to tell of one", async () => {
    const { tried, work } = server("none");
    const asked = new OrganizationPairs(LONG).withAccepted(pair("stored"), work, false);
    await expect(asked).rejects.toMatchObject({ status: 401 });
    expect(tried).toEqual(["stored"]);
  });

  it("may still be heard of after the stored one was refused, by all who wait", async () => {
    const pairs = new OrganizationPairs(LONG);
    const { tried, work } = server("next");
    const both = Promise.all([pairs.withAccepted(pair("a"), work), pairs.withAccepted(pair("b"), work)]);
    setImmediate(() => pairs.remember(pair("next")));
    expect(await both).toEqual(["done", "done"]);
    expect(tried).toEqual(["a", "b", "next", "next"]);
  });

  it("are waited for no longer when the date is set back meanwhile", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const pairs = new OrganizationPairs(2_000);
    const { work } = server("none");
    const first = expect(pairs.withAccepted(pair("a"), work)).rejects.toMatchObject({ status: 401 });
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    const second = expect(pairs.withAccepted(pair("b"), work)).rejects.toMatchObject({ status: 401 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
    await Promise.all([first, second]);
  });

  it("do not stand in the way of other errors", async () => {
    const fails = () => Promise.reject(refusal(500));
    await expect(new OrganizationPairs().withAccepted(pair("1"), fails)).rejects.toMatchObject({ status: 500 });
  });
});
