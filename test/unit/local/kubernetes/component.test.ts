import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Components } from "#local/kubernetes/component.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { silent } from "#local/progress.ts";

const folder = await mkdtemp(path.join(tmpdir(), "component-test-"));
const processes = new ProcessGroup();
const program = { name: "scheduler", command: "sh", args: ["-c", "echo the last words; exit 3"] };
afterEach(async () => {
  await processes.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a component that ends by itself is news, one that is expected to end is not", async () => {
  const say = vi.fn();
  const components = new Components(processes, { ...silent, say }, folder);
  await components.start(program);
  await expect.poll(() => say.mock.calls).toEqual([["scheduler ended by itself (3):\nthe last words"]]);
  components.expectEnd();
  await (await components.start(program)).ended;
  await new Promise(setImmediate);
  expect(say).toHaveBeenCalledTimes(1);
});
