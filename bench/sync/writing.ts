import { applyChanges } from "#sync/apply/apply.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Change } from "#sync/plan/change.ts";
import type { Figure } from "../figure.ts";
import { emailAt } from "./realm-generator.ts";
import { LATENCY, startSlowLangfuse } from "./slow-langfuse.ts";

const CHANGES = 500;
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
    const changes = ids.map((userId, index) => changeOf(userId, people[index] ?? ""));
    const started = performance.now();
    const outcome = await applyChanges(changes, slow, { stop: new AbortController().signal });
    const seconds = (performance.now() - started) / 1000;
    const members = new Map((await direct.listMemberships()).map(({ userId, role }) => [userId, role]));
    const lost = CHANGES - outcome.applied.length + ids.filter((id) => members.get(id) !== "MEMBER").length;

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

function changeOf(userId: string, email: string): Change {
  return {
    kind: "promote",
    email,
    userId,
    keycloakId: null,
    from: "VIEWER",
    to: "MEMBER",
    reason: "they hold langfuse-member",
  };
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
