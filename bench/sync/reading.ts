import { createDirectory } from "#sync/keycloak/directory.ts";
import type { Strategy } from "#sync/keycloak/strategy.ts";
import type { DirectoryAnswer } from "#sync/people/person.ts";
import type { Figure } from "../figure.ts";
import { type Counted, counted, median, requestsTo } from "../requests.ts";
import { keycloakClient, type RealmStage } from "../stage.ts";
import { readAsOriginally } from "./original.ts";
import { MAPPED_ROLES } from "./realm-generator.ts";
import { wrongRoles } from "./truth.ts";

/** What the original page of people holds. */
const ORIGINAL_PAGE = 1_000;
/** Reads of ours whose median time counts: a server that is asked every few minutes has long compiled what it needs. */
const REPETITIONS = 9;

const INTEREST = {
  realmRoles: new Set<string>(MAPPED_ROLES),
  clientRoles: new Set<string>(),
  groups: new Set<string>(),
};

/** Reads the realm as it is done now and as it was done originally, one after the other on the same server. */
export async function benchReading(stage: RealmStage): Promise<readonly Figure[]> {
  const { shape, truth, url } = stage;
  const { people, clientRoleComposites } = shape;
  const pageSize = Math.max(people, ORIGINAL_PAGE);
  const asWritten = await counted(() => readAsOriginally({ url, realm: shape.realm, pageSize: ORIGINAL_PAGE }));
  // Before anything is timed, so that the server has compiled what both sides ask for.
  const others = await Promise.all((["hybrid", "per-member"] as const).map((strategy) => wrongBy(strategy, stage)));
  const everything = await repeated(stage, stage.emails);
  const original = await counted(() => readAsOriginally({ url, realm: shape.realm, pageSize }));
  const roles = await repeated(stage, new Set());
  const requests = requestsTo(url, everything);
  const wrong = (held: Counted<Map<string, string[]>>) => wrongRoles(truth, held.result);
  const suffix = clientRoleComposites ? " with client-role composites" : "";
  const limit = clientRoleComposites ? 90 : 36;
  return [
    {
      name: `Keycloak requests of a full exact read${suffix}`,
      people,
      baseline: { name: "original, all people", value: requestsTo(url, original) },
      value: requests,
      unit: "requests",
      target:
        people > 10_000 ? { of: "value / baseline", at: "most", limit: 1 / 200 } : { of: "value", at: "most", limit },
    },
    {
      name: `wrong roles${suffix}`,
      people,
      baseline: { name: "original, all people", value: wrong(original) },
      value: wrongRoles(truth, believedOf(everything.result)),
      unit: "people",
      target: { of: "value", at: "most", limit: 0 },
    },
    {
      name: `wrong roles${suffix}, against the first page`,
      people,
      baseline: { name: "original as written", value: wrong(asWritten) },
      value: wrongRoles(truth, believedOf(roles.result)),
      unit: "people",
      target: { of: "value", at: "most", limit: 0 },
    },
    ...others.map(
      ({ strategy, wrong: value }): Figure => ({
        name: `wrong roles${suffix}, strategy ${strategy}`,
        people,
        value,
        unit: "people",
        target: { of: "value", at: "most", limit: 0 },
      }),
    ),
    {
      name: `time to read who holds what${suffix}`,
      people,
      baseline: { name: "original, all people", value: original.seconds },
      value: roles.seconds,
      unit: "s",
      ...(people >= 10_000 && { target: { of: "baseline / value", at: "least", limit: 30 } as const }),
    },
    {
      name: `the same and everybody's state${suffix}`,
      people,
      baseline: { name: "original, all people", value: original.seconds },
      value: everything.seconds,
      unit: "s",
    },
  ];
}

/** With the time of the median run. */
async function repeated(stage: RealmStage, emails: ReadonlySet<string>): Promise<Counted<DirectoryAnswer>> {
  const runs: Counted<DirectoryAnswer>[] = [];
  for (let run = 0; run < REPETITIONS; run += 1) {
    const client = keycloakClient(stage.url, stage.shape.realm);
    const directory = createDirectory(client, { clientRoles: stage.shape.clientRoleComposites, strategy: "holders" });
    runs.push(await counted(() => directory.read(INTEREST, { emails })));
  }
  const seconds = median(runs.map((run) => run.seconds));
  const [first] = runs;
  if (first === undefined) throw new Error("no run was made");
  return { ...first, seconds };
}

/** Asked by person, whoever is disabled holds nothing, as they shall not get in: only the others are compared. */
async function wrongBy(
  strategy: Strategy,
  { shape, truth, url }: RealmStage,
): Promise<{ strategy: Strategy; wrong: number }> {
  const options = { clientRoles: shape.clientRoleComposites, allHolders: true, strategy };
  const directory = createDirectory(keycloakClient(url, shape.realm), options);
  const answer = await directory.read(INTEREST, { emails: new Set() });
  const enabled = new Map([...truth].filter(([, person]) => person.enabled));
  return { strategy, wrong: wrongRoles(enabled, believedOf(answer)) };
}

/** Who is in no list holds nothing. */
function believedOf({ holders }: DirectoryAnswer): Map<string, readonly string[]> {
  return new Map(holders.map(({ id, realmRoles }) => [id, realmRoles]));
}
