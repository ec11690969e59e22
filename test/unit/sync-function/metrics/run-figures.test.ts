import { hasSubscribers } from "node:diagnostics_channel";
import { expect, it } from "vitest";
import { runFigures } from "#sync/metrics/run-figures.ts";

const settings = {
  file: "/nowhere/sync.prom",
  pushgatewayUrl: undefined,
  instance: "i",
  targets: { "http://127.0.0.1:1": "langfuse" },
};
const begun = { kind: "started", command: "apply" } as const;
const isCounting = () => hasSubscribers("http.client.response.finish");

it("requests are counted from the beginning of a run to its end", async () => {
  const figures = runFigures({ ...settings, before: async () => ({}) });
  expect(isCounting()).toBe(false);
  await figures.observe(begun);
  expect(isCounting()).toBe(true);
  figures.kept({});
  expect(isCounting()).toBe(false);
});

it("nothing goes on to be counted for a run that could not read what was before", async () => {
  const figures = runFigures({ ...settings, before: () => Promise.reject(new Error("no state of this version")) });
  await expect(figures.observe(begun)).rejects.toThrow("no state");
  expect(isCounting()).toBe(false);
});
