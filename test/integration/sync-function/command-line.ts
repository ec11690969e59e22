import { run } from "#sync/commands/run.ts";
import { LANGFUSE_CREDENTIALS } from "./organization-server.ts";
import { KEYCLOAK_CREDENTIALS } from "./realm-server.ts";

export interface Result {
  readonly exitCode: number;
  readonly output: string;
  readonly complaints: string;
}

export const MAPPING = { "langfuse-admin": "ADMIN", "langfuse-member": "MEMBER", default: "VIEWER" };

export function environmentFor(keycloak: { url: string }, langfuse: { url: string }): Record<string, string> {
  return {
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_REALM: KEYCLOAK_CREDENTIALS.realm,
    KEYCLOAK_CLIENT_ID: KEYCLOAK_CREDENTIALS.clientId,
    KEYCLOAK_CLIENT_SECRET: KEYCLOAK_CREDENTIALS.clientSecret,
    LANGFUSE_URL: langfuse.url,
    LANGFUSE_ORG_ID: "organization-1",
    LANGFUSE_PUBLIC_KEY: LANGFUSE_CREDENTIALS.publicKey,
    LANGFUSE_SECRET_KEY: LANGFUSE_CREDENTIALS.secretKey,
    ROLE_MAPPING: JSON.stringify(MAPPING),
    LOG_LEVEL: "silent",
  };
}

/** Runs a command line in this process, exactly as `main.ts` does. */
export async function runCommand(
  words: readonly string[],
  environment: Record<string, string>,
  stop: AbortSignal = new AbortController().signal,
): Promise<Result> {
  const output: string[] = [];
  const complaints: string[] = [];
  const exitCode = await run(words, { environment, print: (text) => output.push(text), stop }, (text) =>
    complaints.push(text),
  );
  return { exitCode, output: output.join("\n"), complaints: complaints.join("\n") };
}
