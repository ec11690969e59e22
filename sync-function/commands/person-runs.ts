import { type Configuration, type OrganizationConfiguration, readConfiguration } from "../configuration.ts";
import { createKeycloakClient } from "../keycloak/client.ts";
import { createPersonalDirectories } from "../keycloak/personal-directory.ts";
import type { Logger } from "../log.ts";
import { createPersonRuns, type PersonRuns } from "../scoped/person-runs.ts";
import { keepBefore } from "./apply.ts";
import { connectOrganizations, LAST_CALLS, type Surroundings } from "./context.ts";
import { createSafeguards } from "./safeguards.ts";

/** Milliseconds that one try may be silent, and that a call may take with its repetitions: somebody waits for the end. */
const LIMITS = { timeout: 10_000, deadline: 20_000 } as const;

/**
 * Runs about single people with the configuration of this process, which is read anew after a run that failed.
 *
 * @param command says in the audit trail who runs, such as `webhook`
 * @param isMeant which organizations the runs are about; by default all
 * @throws AccessError `usage` when the configuration is wrong
 */
export function personRunsOf(
  { environment, print, stop }: Pick<Surroundings, "environment" | "print" | "stop">,
  command: string,
  log: Logger,
  isMeant: (organization: OrganizationConfiguration) => boolean = () => true,
): PersonRuns {
  // The date may be set back, and what is believed for a minute would be believed until it has caught up.
  const now = () => performance.now();
  let configuration: Configuration = readConfiguration(environment);
  let abandon = () => {};
  // A change that was begun is finished, but not after the process is killed.
  stop.addEventListener("abort", () => setTimeout(() => abandon(), LAST_CALLS).unref(), { once: true });
  return createPersonRuns({
    command,
    log,
    now,
    connect: () => {
      configuration = readConfiguration(environment);
      const meant = { ...configuration, organizations: configuration.organizations.filter(isMeant) };
      const { clientRoles } = configuration.keycloak;
      const abandoned = new AbortController();
      abandon = () => abandoned.abort();
      const limits = { ...LIMITS, signal: abandoned.signal };
      const keycloak = createKeycloakClient({ ...configuration.keycloak, ...limits });
      return {
        beginDirectory: createPersonalDirectories(keycloak, { clientRoles, now }),
        organizations: connectOrganizations(meant, [], limits),
        abandon,
      };
    },
    safeguards: () => createSafeguards(configuration, log, { environment, print }),
    keepBefore: (decisions, until) => keepBefore(decisions, { configuration, log, stop: until }, new Date()),
  });
}
