import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { langfuseClientSecret } from "#local/bed/bed.ts";
import { type LoginStage, openLoginStage } from "#local/bed/login-stage.ts";
import { Browser } from "#local/browser/browser.ts";
import { approachCallback } from "#local/browser/sign-in.ts";
import { companyRealm, langfuseClientId, type Person } from "#local/keycloak/company.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import { adminOf, startKeycloak } from "#local/keycloak/server.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import type { Progress } from "#local/progress.ts";
import { personRunsOf } from "#sync/commands/person-runs.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { createLog } from "#sync/log.ts";
import type { Figure } from "../figure.ts";
import { median } from "../requests.ts";
import type { Program } from "../sync/footprint.ts";

/** Members of the organization beside those who log in. */
const MEMBERS = 1_000;
/** Logins of each kind in either way. */
const LOGINS = 40;
/**
 * Runs about one person before anything is timed, so that Keycloak has compiled what it answers them with, as one has that is
 * asked every day.
 */
const WARMING = 1_500;
/** Logins in a row in one way: short, so that both see the same machine. */
const BLOCK = 10;

/** What a login finds: the role is right, the person is new, or the role has changed since the last one. */
const KINDS = ["whose role is right", "for the first time", "after a change of the role"] as const;
type Kind = (typeof KINDS)[number];
type Way = "direct" | "proxy";

/** How much longer Langfuse's callback takes behind the proxy, in turns with the same logins that go to Langfuse directly. */
export async function benchProxy(program: Program, progress: Progress): Promise<readonly Figure[]> {
  const processes = new ProcessGroup();
  try {
    const keycloak = await startKeycloak({ processes, progress, optimise: true });
    const realm = "company";
    const login = { issuer: `${keycloak.url}/realms/${realm}`, clientId: langfuseClientId };
    const server = await startLangfuse({ login: { ...login, clientSecret: langfuseClientSecret } });
    await using _ = { [Symbol.asyncDispose]: server.stop };
    const { url, adminApiKey = "" } = server.target;
    const admin = adminOf(keycloak);
    await createRealm(admin, companyRealm({ name: realm, langfuseUrl: url, langfuseClientSecret }));
    await using stage = await openLoginStage({ admin, realm, langfuse: { url, adminApiKey } });
    await progress.step(`${MEMBERS} members in Langfuse`, () => addMembers(stage));
    await progress.step(`${WARMING} runs about one person`, () => warm(stage));
    await using proxy = await startProxy(program, stage.environment);
    const browserOf = { direct: () => new Browser(), proxy: () => new Browser({ routes: { [url]: proxy.url } }) };
    return await progress.step("logins", () => measure(stage, url, browserOf));
  } finally {
    await processes.stop();
  }
}

async function measure(
  stage: LoginStage,
  langfuseUrl: string,
  browserOf: Readonly<Record<Way, () => Browser>>,
): Promise<Figure[]> {
  const times = Object.fromEntries(KINDS.map((kind) => [kind, { direct: [], proxy: [] }])) as unknown as Record<
    Kind,
    Record<Way, number[]>
  >;
  const callback = async (person: Person, way: Way): Promise<number> => {
    const browser = browserOf[way]();
    const url = await approachCallback(browser, langfuseUrl, person);
    const started = performance.now();
    await browser.follow({ url }, ({ pathname }) => pathname !== url.pathname);
    return performance.now() - started;
  };
  const known = await stage.addPerson("stage-member");
  const changing = await stage.addPerson("stage-member");
  // First logins, whose code all servers have still to compile; the role is right from here on.
  for (let done = 0; done < LOGINS; done += 1) await callback(done % 2 === 0 ? known : changing, "proxy");
  let role = "stage-member" as "stage-member" | "stage-admin";
  for (let done = 0; done < LOGINS; done += BLOCK) {
    for (const way of ["direct", "proxy"] as const) {
      for (let index = 0; index < BLOCK; index += 1) {
        times["whose role is right"][way].push(await callback(known, way));
        times["for the first time"][way].push(await callback(await stage.addPerson("stage-member"), way));
        role = role === "stage-member" ? "stage-admin" : "stage-member";
        await stage.setRole(changing, role);
        times["after a change of the role"][way].push(await callback(changing, way));
      }
    }
  }
  if ((await stage.roleOf(changing)) !== "ADMIN" && (await stage.roleOf(changing)) !== "MEMBER") {
    throw new Error("the proxy did not make the role right that was measured");
  }
  return KINDS.map((kind): Figure => {
    const [direct, proxy] = [median(times[kind].direct), median(times[kind].proxy)];
    return {
      name: `added to the callback of a login ${kind}, p50`,
      value: proxy - direct,
      baseline: { name: "the callback directly", value: direct },
      unit: "ms",
      // What changes somebody waits for the lease, the write and the look at what came of it.
      ...(kind === "whose role is right" && { target: { of: "value", at: "most", limit: 20 } as const }),
    };
  });
}

async function addMembers({ environment }: LoginStage): Promise<void> {
  const {
    LANGFUSE_URL: url = "",
    LANGFUSE_PUBLIC_KEY: publicKey = "",
    LANGFUSE_SECRET_KEY: secretKey = "",
  } = environment;
  const client = createLangfuseClient({ url, publicKey, secretKey });
  const people = Array.from({ length: MEMBERS }, (_, index) => `member-${index}@example.com`);
  await mapLimited(people, 4, (userName) => client.createScimUser({ userName, role: "VIEWER" }));
}

async function warm(stage: LoginStage): Promise<void> {
  const { email } = await stage.addPerson("stage-member");
  const stop = new AbortController().signal;
  const surroundings = { environment: stage.environment, print: () => {}, stop };
  const runs = personRunsOf(surroundings, "bench", createLog("silent"));
  const people = { ids: new Set<string>(), emails: new Set([email]) };
  await runs.run(people, { stop });
  await mapLimited(Array.from({ length: WARMING }), 4, () => runs.run(people, { stop }));
}

/** The deployed program in a process of its own, as in a pod. */
async function startProxy(
  { file }: Program,
  environment: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(process.execPath, [file, "serve", "proxy", "--json"], {
    env: { ...environment, PROXY_PORT: "0", PROXY_OPERATIONS_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
