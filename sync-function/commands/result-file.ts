import { writeFile } from "node:fs/promises";
import { AccessError, messageOf } from "../errors.ts";

/**
 * Writes what `--out` asks for, readable by its owner only: it holds the addresses and roles of people.
 *
 * @throws AccessError `usage` when the file cannot be written
 */
export async function writeResult(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new AccessError("usage", `--out "${path}" cannot be written (${messageOf(error)}); choose another file`);
  }
}
