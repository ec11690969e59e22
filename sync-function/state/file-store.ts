import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { AccessError, messageOf } from "../errors.ts";
import type { StateStore } from "./store.ts";

/** @param variable what the file is configured by, for messages */
export function fileStore(file: string, variable = "STATE_FILE"): StateStore {
  const title = `${variable} ${file}`;
  return {
    title,
    read: async () => {
      try {
        return await readFile(file, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw new AccessError("incomplete", `${title} cannot be read (${messageOf(error)}); correct its rights`);
      }
    },
    write: async (text) => {
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        await writeAtomically(file, text);
      } catch (error) {
        throw new AccessError(
          "usage",
          `${title} cannot be written (${messageOf(error)}); mount a volume there, or correct the path`,
        );
      }
    },
  };
}

/** A reader sees the old content or the new one, also after a power failure. */
export async function writeAtomically(file: string, text: string, mode = 0o600): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`);
  try {
    const handle = await open(draft, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
