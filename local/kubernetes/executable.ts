import { access, constants } from "node:fs/promises";
import path from "node:path";

/** System folders that an ordinary user's `PATH` often lacks. */
const SYSTEM = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** Path of a program on `PATH` or in a system folder. */
export async function findExecutable(name: string, searched = process.env.PATH ?? ""): Promise<string | undefined> {
  for (const folder of [...searched.split(path.delimiter).filter(Boolean), ...SYSTEM]) {
    const file = path.join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
