import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "#sync/commands/run.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Figure } from "../figure.ts";
import { type Counted, counted, median, requestsTo, sentTo } from "../requests.ts";
import { type OrganizationStage, type RealmStage, roleOf } from "../stage.ts";
import { secondsOfAnswers } from "./floor.ts";
import { readAsOriginally } from "./original.ts";

/** Members whose role is wrong before the whole run. */
const CHANGES = 50;
/** Whole runs whose median time counts. */
const REPETITIONS = 7;

/**
 * Whole runs of the program: such that find nothing to change, and such that change fifty roles. They remember the run
 * before, as they do in a cluster; the first one of all looks everybody up.
 */
export async function benchRunning(realm: RealmStage, stage: OrganizationStage): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-bench-"));
  try {
    const remembering = { ...stage.environment, STATE_FILE: path.join(folder, "state.json") };
    return await measureRuns(realm, { ...stage, environment: remembering }, stage);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRuns(
  realm: RealmStage,
  organization: OrganizationStage,
  forgetful: OrganizationStage,
): Promise<readonly Figure[]> {
  const { people } = realm.shape;
  const { url: langfuse } = organization.server.target;
  const changes = Math.min(CHANGES, Math.floor(people / 20));
  const repeated = async (stage: OrganizationStage): Promise<readonly Counted<string>[]> => {
    const runs: Counted<string>[] = [];
    for (let run = 0; run < REPETITIONS; run += 1) {
      await disturb(realm, stage, changes);
      runs.push(await command(["apply"], stage, 0));
    }
    return runs;
  };
  const firstRuns = await repeated(forgetful);
  await command(["apply"], organization, 0);
  const steady = await command(["plan"], organization, 0);
  const runs = await repeated(organization);
  const answers: number[] = [];
  for (const run of runs) answers.push(await secondsOfAnswers(realm.url, realm.shape.realm, sentTo(realm.url, run)));
  const seconds = median(runs.map((run) => run.seconds));
  const total = Math.max(
    ...[...firstRuns, ...runs].map((whole) => requestsTo(realm.url, whole) + requestsTo(langfuse, whole)),
  );
  const members = await organization.client.listMemberships();
  const wanted = new Map([...realm.truth.values()].map((person) => [person.email, roleOf(person)]));
  const wrong = members.filter(({ email, role }) => email != null && (wanted.get(email) ?? role) !== role).length;

  await disturb(realm, organization, changes);
  const original = await counted(() => runAsOriginally(realm, organization));
  return [
    {
      name: "Keycloak requests when nothing changed",
      people,
      baseline: { name: "full read of the original", value: requestsTo(realm.url, original) },
      value: requestsTo(realm.url, steady),
      unit: "requests",
      target: { of: "value", at: "most", limit: 40 },
    },
    {
      name: `whole run with ${changes} changes: requests`,
      people,
      baseline: {
        name: "original",
        value: requestsTo(realm.url, original) + requestsTo(langfuse, original),
      },
      value: total,
      unit: "requests",
      target: { of: "value", at: "most", limit: 100 + changes },
    },
    {
      name: `whole run with ${changes} changes: time`,
      people,
      baseline: { name: "original", value: original.seconds },
      value: seconds,
      unit: "s",
      ...(people >= 10_000 && { target: { of: "baseline / value", at: "least", limit: 15 } as const }),
    },
    {
      name: "the same when it is the first run: time",
      people,
      baseline: { name: "original", value: original.seconds },
      value: median(firstRuns.map((run) => run.seconds)),
      unit: "s",
    },
    {
      name: `whole run with ${changes} changes: time, against Keycloak's answers alone`,
      people,
      baseline: { name: "the same answers, unread", value: median(answers) },
      value: seconds,
      unit: "s",
    },
    {
      name: "members with a wrong role after it",
      people,
      value: wrong,
      unit: "people",
      target: { of: "value", at: "most", limit: 0 },
    },
  ];
}

async function command(
  words: string[],
  { environment }: OrganizationStage,
  expected: number,
): Promise<Counted<string>> {
  const output: string[] = [];
  const stop = new AbortController().signal;
  const one = await counted(() =>
    run([...words, "--json"], { environment, print: (text) => output.push(text), stop }, (text) => output.push(text)),
  );
  if (one.result !== expected) {
    throw new Error(`${words.join(" ")} ended with ${one.result}, not ${expected}: ${output.join("\n").slice(0, 600)}`);
  }
  return { ...one, result: output.join("\n") };
}

/** Gives people another role than they should have; spread over the realm, nobody loses or gains ownership. */
async function disturb(realm: RealmStage, { client }: OrganizationStage, changes: number): Promise<void> {
  const members = new Map((await client.listMemberships()).map(({ email, userId }) => [email, userId]));
  const holders = [...realm.truth.values()].filter(
    (person) => members.has(person.email) && roleOf(person) === "VIEWER",
  );
  const step = Math.max(1, Math.floor(holders.length / changes));
  for (const { email } of holders.filter((_, index) => index % step === 0).slice(0, changes)) {
    await client.updateScimUser(members.get(email) ?? "", "MEMBER");
  }
}

/** The original read of everybody, then one write after the other for whoever differs by it. */
async function runAsOriginally(realm: RealmStage, { client }: OrganizationStage): Promise<void> {
  const held = await readAsOriginally({ url: realm.url, realm: realm.shape.realm, pageSize: realm.shape.people });
  const wanted = new Map<string, Role>();
  for (const [id, roles] of held) {
    const person = realm.truth.get(id);
    if (person !== undefined) wanted.set(person.email, roleOf({ ...person, roles }));
  }
  const differing = (await client.listMemberships()).filter(({ email, role }) => {
    const role2 = wanted.get(email ?? "");
    return role2 !== undefined && role2 !== role;
  });
  // Its wrong demotions are not written: only the writes both have in common are compared.
  for (const { userId, email } of differing.slice(0, CHANGES)) {
    const role = wanted.get(email ?? "");
    if (role !== undefined) await client.updateScimUser(userId, role);
  }
}
