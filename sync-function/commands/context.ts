import { type Configuration, readConfiguration } from "../configuration.ts";
import { deadline } from "../deadline.ts";
import { AccessError } from "../errors.ts";
import { createKeycloakClient, type KeycloakClient } from "../keycloak/client.ts";
import { createDirectory } from "../keycloak/directory.ts";
import { createLangfuseClient, type LangfuseOptions } from "../langfuse/client.ts";
import { createLog, type Logger } from "../log.ts";
import { suggestion } from "../nearest.ts";
import type { Organization } from "../organization.ts";
import type { Directory } from "../people/person.ts";
import { shardOf } from "../plan/shard.ts";
import type { Safeguards } from "../safeguards.ts";
import type { Arguments } from "./arguments.ts";
import { createSafeguards } from "./safeguards.ts";

/** What a command gets from the process it runs in. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a result to standard output, with a line break behind it. */
  readonly print: (text: string) => void;
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal;
  /** Called before a command is loaded, but not for help, which should start as fast as it can. */
  readonly prepare?: (options: { readonly stays: boolean }) => Promise<void>;
}

/** Runs to its end and returns the exit code. */
export type Command = (surroundings: Surroundings, options: Arguments) => Promise<number>;

/** To be let go of when the run has ended, in a process that stays. */
export interface Context extends Disposable {
  readonly configuration: Configuration;
  readonly keycloak: KeycloakClient;
  /** The same realm, as the plan sees it. */
  readonly directory: Directory;
  /** Those of this shard, and of `--organization` where it was given. */
  readonly organizations: readonly Organization[];
  readonly safeguards: Safeguards;
  readonly log: Logger;
  /** Aborted when the run shall end: it was asked to, or its time is over. */
  readonly stop: AbortSignal;
}

/** Milliseconds that calls to Langfuse have once the run is told to stop: a pod is killed 30 s after that. */
export const LAST_CALLS = 20_000;

/** Longest run in milliseconds. Fifty thousand people take seconds; what takes this long hangs. */
export const RUN_DEADLINE = 15 * 60_000;

/** @throws AccessError `usage` when the configuration is wrong, or names no organization like the one asked for */
export async function createContext(
  { environment, print, stop: asked }: Surroundings,
  { flags }: Pick<Arguments, "flags"> = { flags: {} },
): Promise<Context> {
  const configuration = readConfiguration(environment);
  const limit = deadline(RUN_DEADLINE, asked);
  const stop = limit.signal;
  const log = createLog(configuration.logLevel);
  // A change that was begun is finished, but not while somebody else may write, and not after the process is killed.
  const abandoned = new AbortController();
  const abandon = () => abandoned.abort();
  const onStop = () => {
    log.info("told to stop, or the time is over: what was begun is finished, and nothing more is begun");
    setTimeout(abandon, LAST_CALLS).unref();
  };
  stop.addEventListener("abort", onStop, { once: true });
  const safeguards = await createSafeguards(configuration, log, { environment, print });
  // Reading may end at any moment.
  const keycloak = createKeycloakClient({ ...configuration.keycloak, signal: stop });
  const wanted = flags["--organization"] ?? [];
  const organizations = connectOrganizations(configuration, wanted, { signal: abandoned.signal });
  return {
    configuration,
    keycloak,
    directory: createDirectory(keycloak, {
      clientRoles: configuration.keycloak.clientRoles,
      allHolders: organizations.some(({ rules }) => rules.provision),
      onChoice: (choice) => log.info(choice, "strategy chosen"),
    }),
    organizations,
    safeguards: {
      ...safeguards,
      hold: async () => {
        const hold = await safeguards.hold();
        hold.lost.addEventListener("abort", abandon, { once: true });
        return hold;
      },
    },
    log,
    stop,
    [Symbol.dispose]: limit[Symbol.dispose],
  };
}

/**
 * The organizations of this shard, each with its client.
 *
 * @param wanted names or ids of those to choose; empty for all
 */
export function connectOrganizations(
  configuration: Configuration,
  wanted: readonly string[],
  options: Pick<LangfuseOptions, "signal" | "timeout" | "deadline">,
): readonly Organization[] {
  return selectOrganizations(configuration, wanted).map(({ name, rules, guards, langfuse }) => ({
    name,
    rules,
    guards,
    langfuse: createLangfuseClient({ ...langfuse, ...options }),
  }));
}

function selectOrganizations(
  { organizations, shard }: Configuration,
  wanted: readonly string[],
): Configuration["organizations"] {
  const names = organizations.flatMap(({ name, rules }) => [name, rules.organization]);
  for (const name of wanted) {
    if (names.includes(name)) continue;
    throw new AccessError(
      "usage",
      `--organization "${name}" is none of the configured ones${suggestion(name, names)}; use ${organizations.map((one) => one.name).join(", ")}`,
    );
  }
  return organizations.filter(
    ({ name, rules: { organization } }) =>
      shardOf(organization, shard.of) === shard.index &&
      (wanted.length === 0 || wanted.includes(name) || wanted.includes(organization)),
  );
}
