/** Makes an entry in a process of its own: `producer.ts ROOT JOURNAL [hang]`. Each production is a line of the journal. */
import { appendFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureEntry } from "#local/cache/entry.ts";

const [root = "", journal = "", mode] = process.argv.slice(2);

const folder = await ensureEntry(
  { name: "tool", inputs: ["1"] },
  async (partial) => {
    await appendFile(journal, `${process.pid}\n`);
    await writeFile(path.join(partial, "executable"), "half");
    if (mode === "hang") await sleep(60_000);
    await sleep(100);
    await writeFile(path.join(partial, "executable"), "whole");
  },
  { root },
);
process.stdout.write(folder);
