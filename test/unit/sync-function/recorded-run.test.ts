import { expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import { createLog } from "#sync/log.ts";
import { recordedRun } from "#sync/recorded-run.ts";
import { NO_SAFEGUARDS, type RunEvent, type Safeguards } from "#sync/safeguards.ts";

const log = createLog("silent");

function around(more: Partial<Safeguards> = {}) {
  const events: RunEvent[] = [];
  const record = async (event: RunEvent) => {
    events.push(event);
  };
  return { events, safeguards: { ...NO_SAFEGUARDS, record, ...more } };
}
const endless = (kind: RunEvent["kind"]) => async (event: RunEvent) => {
  if (event.kind === kind) throw new AccessError("incomplete", "the disk is full");
};

it("records the beginning and the end", async () => {
  const { events, safeguards } = around();
  expect(await recordedRun("apply", { safeguards, log }, async () => 2)).toBe(2);
  expect(events).toEqual([
    { kind: "started", command: "apply" },
    { kind: "finished", exitCode: 2 },
  ]);
});

it.each([
  [new AccessError("refused", "no"), 3],
  [new TypeError("a defect"), 70],
])("records what went wrong (%s) with its exit code, and throws it on", async (error, exitCode) => {
  const { events, safeguards } = around();
  await expect(recordedRun("apply", { safeguards, log }, () => Promise.reject(error))).rejects.toBe(error);
  expect(events.at(-1)).toEqual({ kind: "finished", exitCode, error: error.message });
});

it("tells what went wrong first, also where that cannot be recorded", async () => {
  const { safeguards } = around({ record: endless("finished") });
  const error = new AccessError("unreachable", "no answer");
  await expect(recordedRun("apply", { safeguards, log }, () => Promise.reject(error))).rejects.toBe(error);
});

it("records the end also where the beginning could not be recorded, so that what was opened for it is closed", async () => {
  const { events, safeguards } = around();
  const record: Safeguards["record"] = async (event) => {
    await safeguards.record(event);
    await endless("started")(event);
  };
  const work = () => Promise.reject(new Error("not to be called"));
  await expect(recordedRun("apply", { safeguards: { ...safeguards, record }, log }, work)).rejects.toThrow("disk");
  expect(events.at(-1)).toEqual({ kind: "finished", exitCode: 5, error: "the disk is full" });
});

it.each([
  [0, 4],
  [4, 4],
])("ends with %i as %i when only the end cannot be recorded, because changes are in place", async (done, expected) => {
  const { safeguards } = around({ record: endless("finished") });
  expect(await recordedRun("apply", { safeguards, log }, async () => done)).toBe(expected);
});

it("begins and records nothing while somebody else writes", async () => {
  const refused = new AccessError("refused", "run 7 is writing");
  const { events, safeguards } = around({ hold: () => Promise.reject(refused) });
  const work = () => Promise.reject(new Error("not to be called"));
  await expect(recordedRun("apply", { safeguards, log }, work)).rejects.toBe(refused);
  expect(events).toEqual([]);
});
