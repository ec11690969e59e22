import { VariableReader } from "../configuration/environment.ts";
import { requireKeyScope } from "../langfuse/key-scope.ts";
import { flagValue } from "./arguments.ts";
import type { Command } from "./context.ts";

/** The names that the SDKs of Langfuse read; of several addresses the first one counts. */
const ADDRESSES = ["LANGFUSE_BASE_URL", "LANGFUSE_HOST", "LANGFUSE_URL"];

export const checkKeyCommand: Command = async ({ environment, print, stop }, options) => {
  const variables = new VariableReader(environment);
  const url = variables.address(ADDRESSES, "the address of Langfuse");
  const publicKey = variables.required(["LANGFUSE_PUBLIC_KEY"], "the public key of the service");
  const secretKey = variables.required(["LANGFUSE_SECRET_KEY"], "the secret key of the service");
  const projectId = flagValue(options, "--project") ?? variables.optional("LANGFUSE_PROJECT_ID");
  const organizationId = flagValue(options, "--organization") ?? variables.optional("LANGFUSE_ORG_ID");
  if (projectId === undefined && organizationId === undefined) {
    variables.reject("nothing is expected; give --project ID or --organization ID, or set LANGFUSE_PROJECT_ID");
  }
  variables.finish();
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
