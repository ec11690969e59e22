import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { prepareKeycloak } from "#local/keycloak/preparation.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { silent } from "#local/progress.ts";
import type { CompanyServer } from "./gated-realm.ts";

const run = promisify(execFile);
/** Milliseconds for one command, which starts a Java of its own. */
const TIMEOUT = 200_000;

/** Runs the commands that the documentation gives for a recovery without Pulumi, at this server. */
export async function recoverByHand({ url, signIn }: CompanyServer, version: string, folder: string): Promise<void> {
  const { java, distribution } = await prepareKeycloak({ version, processes: new ProcessGroup(), progress: silent });
  const text = await readFile(new URL("../../../docs/login-gate.md", import.meta.url), "utf8");
  const commands = [...text.matchAll(/^ {4}kcadm\.sh (.*)$/gm)].map(([, words = ""]) => words.split(" "));
  if (commands.length < 3) throw new Error("the documentation has no commands");
  for (const words of commands) {
    const here = words.map((word) => (word.startsWith("https://") ? url : word === "admin" ? signIn.username : word));
    const file = path.join(distribution, "bin", "kcadm.sh");
    await run(file, [...here, "--config", path.join(folder, "kcadm.config")], {
      env: { PATH: process.env.PATH, JAVA_HOME: java.home, KC_CLI_PASSWORD: signIn.password },
      timeout: TIMEOUT,
    });
  }
}
