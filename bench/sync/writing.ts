import { applyChanges } from "#sync/apply/apply.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Change } from "#sync/plan/change.ts";
import type { Figure } from "../figure.ts";
import { median } from "../requests.ts";
import { emailAt } from "./realm-generator.ts";
import { LATENCY, startSlowLangfuse } from "./slow-langfuse.ts";

const CHANGES = 500;
/** How often all are written; the median time counts. */
const ROUNDS = 5;
/** Writes at a time of the floor. */
const AT_A_TIME = 2;

/** The write phase against a server that is slow and now and then loses a transaction. */
export async function benchWriting(): Promise<readonly Figure[]> {
  const { target, slowUrl, stop } = await startSlowLangfuse();
  try {
    const { orgPublicKey: publicKey, orgSecretKey: secretKey } = target;
    const direct = createLangfuseClient({ url: target.url, publicKey, secretKey });
    const slow = createLangfuseClient({ url: slowUrl, publicKey, secretKey });
    const people = Array.from({ length: CHANGES }, (_, index) => emailAt(index));
    const ids = await mapLimited(
      people,
      4,
      async (userName) => (await direct.createScimUser({ userName, role: "VIEWER" })).id,
    );
    const rounds: number[] = [];
    let lost = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const role = round % 2 === 0 ? "MEMBER" : "VIEWER";
      const changes = ids.map((userId, index) => changeOf(userId, people[index] ?? "", role));
      const started = performance.now();
      const outcome = await applyChanges(changes, slow, { stop: new AbortController().signal });
      rounds.push((performance.now() - started) / 1000);
      const members = new Map((await direct.listMemberships()).map(({ userId, role }) => [userId, role]));
      lost += CHANGES - outcome.applied.length + ids.filter((id) => members.get(id) !== role).length;
    }
    const seconds = median(rounds);

    const alone = performance.now();
    for (const userId of ids) await putAlone(slowUrl, userId, `${publicKey}:${secretKey}`);
    const baseline = (performance.now() - alone) / 1000;
    const floor = (CHANGES * LATENCY) / AT_A_TIME / 1000;
    return [
      {
        name: `${CHANGES} changes, ${LATENCY} ms an answer, 1 % of 500s`,
        baseline: { name: "floor at two at a time", value: floor },
        value: seconds,
        unit: "s",
        target: { of: "value / baseline", at: "most", limit: 1.2 },
      },
      {
        name: "the same, against one at a time without keep-alive and repetition",
        baseline: { name: "one at a time", value: baseline },
        value: seconds,
        unit: "s",
      },
      {
        name: "changes lost",
        value: lost,
        unit: "changes",
        target: { of: "value", at: "most", limit: 0 },
      },
    ];
  } finally {
    await stop();
  }
}

function changeOf(userId: string, email: string, to: "MEMBER" | "VIEWER"): Change {
  const change = { email, userId, keycloakId: null, to };
  return to === "MEMBER"
    ? { ...change, kind: "promote", from: "VIEWER", reason: "they hold langfuse-member" }
    : { ...change, kind: "demote", from: "MEMBER", reason: "they hold langfuse-viewer" };
}

async function putAlone(url: string, userId: string, credentials: string): Promise<void> {
  const answer = await fetch(`${url}/api/public/scim/Users/${userId}`, {
    method: "PUT",
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
      "content-type": "application/json",
      connection: "close",
    },
    body: JSON.stringify({ active: true, roles: ["VIEWER"] }),
    signal: AbortSignal.timeout(30_000),
  });
  await answer.text();
}
