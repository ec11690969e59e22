import path from "node:path";
import { type CacheEntry, ensureEntry } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";
import type { KeycloakAdmin } from "./admin.ts";

/** Tried with Keycloak 26.7.5. */
const VERSION = "0.59";
/** Which Java it is compiled for. */
export const EVENT_PLUGIN_JAVA = 21;
const LISTENER = "ext-event-webhook";
/** What the page about the webhook has sent. */
export const EVENT_TYPES = [
  "admin.*",
  ...["LOGIN", "REGISTER", "UPDATE_EMAIL", "UPDATE_PROFILE", "VERIFY_EMAIL", "DELETE_ACCOUNT"].map(
    (name) => `access.${name}`,
  ),
];
const FETCH_TIMEOUT = 300_000;

const entry: CacheEntry = { name: "keycloak-events", inputs: [VERSION] };

/** The jar of p2-inc/keycloak-events, for the providers of a server; fetched with Maven, once. */
export async function findEventPlugin(progress: Progress): Promise<string> {
  const folder = await ensureEntry(entry, (target) =>
    progress.step(`event plugin ${VERSION}`, async () => {
      const artifact = `io.phasetwo.keycloak:keycloak-events:${VERSION}`;
      const copy = ["dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`];
      // In the target, so that neither a `pom.xml` nor a `.mvn` folder of the caller's directory has a say.
      await run("mvn", ["--batch-mode", "--quiet", ...copy], { folder: target, timeout: FETCH_TIMEOUT });
    }),
  );
  return path.join(folder, `keycloak-events-${VERSION}.jar`);
}

/** Has a realm send its events to an address, beside what listens to them already. */
export async function sendEvents(
  admin: KeycloakAdmin,
  realm: string,
  { url, secret }: { readonly url: string; readonly secret: string },
): Promise<void> {
  const { eventsListeners = [] } = await admin.get<{ eventsListeners?: string[] }>(`/realms/${realm}`);
  await admin.put(`/realms/${realm}`, { eventsListeners: [...new Set([...eventsListeners, LISTENER])] });
  const answer = await fetch(`${admin.url}/realms/${realm}/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${await admin.accessToken()}`, "content-type": "application/json" },
    body: JSON.stringify({ enabled: true, url, secret, algorithm: "HmacSHA256", eventTypes: EVENT_TYPES }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`the event plugin answered ${answer.status}: ${await answer.text()}`);
}
