import { readConfiguration } from "../configuration.ts";
import { createKeycloakClient, type KeycloakClient } from "../keycloak/client.ts";
import { createLangfuseClient, type LangfuseClient } from "../langfuse/client.ts";
import { createLog, type Logger } from "../log.ts";
import type { PlanRules } from "../plan/plan.ts";

/** What a command gets from the process it runs in. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a result to standard output, with a line break behind it. */
  readonly print: (text: string) => void;
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal;
}

export interface CommandOptions {
  readonly json: boolean;
}

/** Runs to its end and returns the exit code. */
export type Command = (surroundings: Surroundings, options: CommandOptions) => Promise<number>;

export interface Context {
  readonly keycloak: KeycloakClient;
  readonly langfuse: LangfuseClient;
  readonly rules: PlanRules;
  readonly log: Logger;
  /** Aborted when the run shall end: it was asked to, or its time is over. */
  readonly stop: AbortSignal;
}

/** Longest run in milliseconds. Fifty thousand people take seconds; what takes this long hangs. */
const RUN_DEADLINE = 15 * 60_000;

/** @throws AccessError `usage` when the configuration is wrong */
export function createContext({ environment, stop: asked }: Surroundings): Context {
  const configuration = readConfiguration(environment);
  const { organization, ...langfuse } = configuration.langfuse;
  const stop = AbortSignal.any([asked, AbortSignal.timeout(RUN_DEADLINE)]);
  return {
    // Reading may end at any moment.
    keycloak: createKeycloakClient({ ...configuration.keycloak, signal: stop }),
    // A change that was begun is finished, so this client has the deadline of each call only.
    langfuse: createLangfuseClient(langfuse),
    rules: { organization, mapping: configuration.mapping, protectedMembers: configuration.protectedMembers },
    log: createLog(configuration.logLevel),
    stop,
  };
}
