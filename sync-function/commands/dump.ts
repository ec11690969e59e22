import { readFileSync } from "node:fs";
import { readVariable } from "../configuration/environment.ts";
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

function readEnvironment(environment: Readonly<Record<string, string | undefined>>) {
  const problems: string[] = [];
  const read = (name: string): string | undefined => {
    const reading = readVariable(name, environment, (path) => readFileSync(path, "utf8"));
    if ("value" in reading) return reading.value;
    problems.push(reading.problem);
    return undefined;
  };
  const required = (name: string, what: string): string => {
    const before = problems.length;
    const value = read(name);
    if (value === undefined && problems.length === before) {
      problems.push(`${name} is not set; set it to ${what}, or ${name}_FILE to a file that holds it`);
    }
    return value ?? "";
  };
  const values = {
    url: required("LANGFUSE_URL", "the address of Langfuse").replace(/\/+$/, ""),
    organizationId: required("LANGFUSE_ORG_ID", "the id of the organization"),
    publicKey: required("LANGFUSE_PUBLIC_KEY", "the public key of the organization"),
    secretKey: required("LANGFUSE_SECRET_KEY", "the secret key of the organization"),
  };
  const address = URL.parse(values.url);
  if (values.url !== "" && (address === null || address.username !== "" || address.password !== "")) {
    problems.push("LANGFUSE_URL is no plain address; write http:// or https:// and a host, without a user name");
  }
  if (problems.length > 0) throw new AccessError("usage", problems.join("\n"));
  return values;
}
