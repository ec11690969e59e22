import { type Environment, VariableReader } from "../configuration/environment.ts";
import { AccessError } from "../errors.ts";
import { createLangfuseClient } from "../langfuse/client.ts";
import { readOrganization } from "../snapshot/snapshot.ts";
import { stackSettings } from "../snapshot/stack-settings.ts";
import { stackText } from "../snapshot/stack-text.ts";
import { flagValue } from "./arguments.ts";
import type { Command } from "./context.ts";
import { writeResult } from "./result-file.ts";

/** Name of the Pulumi project, which every key of a stack's configuration begins with. */
const PROJECT = "langfuse-access";

export const dumpCommand: Command = async ({ environment, print, stop }, options) => {
  const { url, organizationId, publicKey, secretKey } = readEnvironment(environment);
  const client = createLangfuseClient({ url, publicKey, secretKey, signal: stop });
  const mainProject = flagValue(options, "--main");
  const dump = stackSettings(await readOrganization(client), { url, organizationId, mainProject });
  if ("objection" in dump) throw new AccessError("refused", `dump: ${dump.objection}`);
  const text = options.json ? JSON.stringify(dump) : stackText(dump, PROJECT);
  const out = flagValue(options, "--out");
  if (out === undefined) {
    print(text);
    return 0;
  }
  await writeResult(out, `${text}\n`);
  const { members = [], projects = [] } = dump.settings;
  print(
    options.json
      ? JSON.stringify({ command: "dump", exitCode: 0, file: out })
      : `Dump: ${projects.length + 1} projects and ${members.length} members in ${out}; ${dump.leftOut.length} left out`,
  );
  return 0;
};

function readEnvironment(environment: Environment) {
  const variables = new VariableReader(environment);
  const values = {
    url: variables.address(["LANGFUSE_URL"], "the address of Langfuse"),
    organizationId: variables.required(["LANGFUSE_ORG_ID"], "the id of the organization"),
    publicKey: variables.required(["LANGFUSE_PUBLIC_KEY"], "the public key of the organization"),
    secretKey: variables.required(["LANGFUSE_SECRET_KEY"], "the secret key of the organization"),
  };
  variables.finish();
  return values;
}
