import { readFileSync } from "node:fs";
import { readVariable } from "../configuration/environment.ts";
import { AccessError } from "../errors.ts";
import { requireKeyScope } from "../langfuse/key-scope.ts";
import { flagValue } from "./arguments.ts";
import type { Command } from "./context.ts";

/** The names that the SDKs of Langfuse read; of several addresses the first one counts. */
const ADDRESSES = ["LANGFUSE_BASE_URL", "LANGFUSE_HOST", "LANGFUSE_URL"];

export const checkKeyCommand: Command = async ({ environment, print, stop }, options) => {
  const problems: string[] = [];
  const read = (name: string): string | undefined => {
    const reading = readVariable(name, environment, (path) => readFileSync(path, "utf8"));
    if ("value" in reading) return reading.value;
    problems.push(reading.problem);
    return undefined;
  };
  const required = (names: readonly string[]): string => {
    const before = problems.length;
    const value = names.map(read).find((found) => found !== undefined);
    if (value === undefined && problems.length === before) {
      problems.push(`${names.join(" or ")} is not set; take it from the Secret of the service`);
    }
    return value ?? "";
  };
  const url = required(ADDRESSES);
  const publicKey = required(["LANGFUSE_PUBLIC_KEY"]);
  const secretKey = required(["LANGFUSE_SECRET_KEY"]);
  const projectId = flagValue(options, "--project") ?? read("LANGFUSE_PROJECT_ID");
  const organizationId = flagValue(options, "--organization") ?? read("LANGFUSE_ORG_ID");
  if (url !== "" && URL.parse(url) === null)
    problems.push(`the address "${url}" is none; write http:// or https:// and a host`);
  if (projectId === undefined && organizationId === undefined) {
    problems.push("nothing is expected; give --project ID or --organization ID, or set LANGFUSE_PROJECT_ID");
  }
  if (problems.length > 0) throw new AccessError("usage", problems.join("\n"));
  const scope = await requireKeyScope(
    { url, publicKey, secretKey, signal: stop },
    { projectId, organizationId },
    `check-key ${publicKey}`,
  );
  const { projectName } = scope;
  print(
    options.json
      ? JSON.stringify({ command: "check-key", exitCode: 0, ...scope })
      : `The key is of project "${projectName}" (${scope.projectId}) in organization ${scope.organizationId}, as expected`,
  );
  return 0;
};
