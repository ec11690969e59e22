import { authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import { people } from "#local/keycloak/company.ts";
import { startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress } from "#local/progress.ts";
import { type GatedRealm, langfuse, startGatedRealm } from "../../test/integration/gate/gated-realm.ts";
import type { Figure } from "../figure.ts";

/** Logins of each kind, with and without the gate. */
const LOGINS = 120;
/** Logins in a row before the other flow is bound: short, so that both see the same machine. */
const BLOCK = 10;
/** First logins, whose code the server has still to compile. */
const WARMING = 40;

type Kind = "password" | "session";

/** How long logins of a holder take with the gate's flow bound, beside the flow that it copies, in turns on one server. */
export async function benchLatency(version: string): Promise<readonly Figure[]> {
  const processes = new ProcessGroup();
  const realm = await startGatedRealm(await startKeycloak({ version, processes, progress: createProgress() }));
  try {
    const flows = { gate: realm.plan.tree.alias, none: realm.plan.flowToCopy };
    const times = { gate: { password: [], session: [] }, none: { password: [], session: [] } } as Record<
      keyof typeof flows,
      Record<Kind, number[]>
    >;
    for (let done = 0; done < WARMING; done += 1) await login(realm);
    for (let done = 0; done < LOGINS; done += BLOCK) {
      for (const [name, browserFlow] of Object.entries(flows)) {
        await realm.admin.put(`/realms/${realm.realm}`, { realm: realm.realm, browserFlow });
        await login(realm);
        for (let index = 0; index < BLOCK; index += 1) {
          const { password, session } = await login(realm);
          times[name as keyof typeof flows].password.push(password);
          times[name as keyof typeof flows].session.push(session);
        }
      }
    }
    return (["password", "session"] as const).map((kind) => ({
      name: `login of a holder with ${kind === "password" ? "a password" : "a session"}, p50`,
      value: median(times.gate[kind]),
      baseline: { name: "without the gate", value: median(times.none[kind]) },
      unit: "ms",
      target: { of: "value / baseline", at: "most", limit: 1.1 },
    }));
  } finally {
    await processes.stop();
  }
}

/** A login with the password, and one more with the session that it began; in milliseconds. */
async function login({ issuer }: GatedRealm): Promise<Record<Kind, number>> {
  const browser = new Browser();
  const request = { issuer, clientId: langfuse.clientId, redirectUri: langfuse.redirectUri };
  const started = performance.now();
  const first = await authorise(browser, request, people.direct);
  const between = performance.now();
  const second = await authorise(browser, request);
  if (first.kind !== "code" || second.kind !== "code") throw new Error(`no code: ${first.kind}, ${second.kind}`);
  return { password: between - started, session: performance.now() - between };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
