import { createHash } from "node:crypto";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { AccessError } from "#sync/errors.ts";
import { ensureEntry } from "../cache/entry.ts";
import { freePort } from "../ports.ts";
import { type ProcessGroup, type Running, untilReady } from "../process/group.ts";
import type { Progress } from "../progress.ts";
import { KeycloakAdmin } from "./admin.ts";
import { type Distribution, findDistribution } from "./distribution.ts";
import { createHome, databaseFolder, logFile } from "./home.ts";
import { findJava, type Java, javaExecutable } from "./java.ts";
import { buildOptions, javaArguments, launchEnvironment, startOptions } from "./launch.ts";

/**
 * The master realm's administrator in the template database. Keycloak creates one only together with the master realm,
 * so it cannot be left to the instances; they change the password as soon as they answer.
 */
export const templateAdmin = { username: "admin", password: "template" } as const;

export interface PreparationOptions {
  /** Default: the version of `KEYCLOAK_DIST`, or `KEYCLOAK_VERSION`. */
  readonly version?: string;
  /** Jars that go to the server's `providers` folder. */
  readonly providers?: readonly string[];
  /** Major version of Java that the providers were compiled for; 17, which Keycloak itself needs, by default. */
  readonly javaMinimum?: number;
  readonly processes: ProcessGroup;
  readonly progress: Progress;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Everything that is the same for all servers of one version, ready to be started many times. */
export interface Preparation {
  readonly version: string;
  readonly java: Java;
  /** Built distribution; servers read it only. */
  readonly distribution: string;
  /** Database of a server that was started once and stopped. */
  readonly database: string;
  /** Archive of the classes that such a server loads, when the JVM was able to write one. */
  readonly archive: string | undefined;
}

/**
 * Makes what a quick start needs, or finds it in the cache: the built server (`kc.sh build`), and for this Java an
 * archive of loaded classes and a database to begin with. Each is kept by what it was made from, so another version,
 * Java, option or provider jar makes another; processes that want the same at once make it once.
 */
export async function prepareKeycloak(options: PreparationOptions): Promise<Preparation> {
  const environment = options.environment ?? process.env;
  const java = await findJava(options.progress, environment, options.javaMinimum);
  const source = await findDistribution(options.version, options.progress, environment);
  const built = await ensureBuilt(source, java, options);
  const start = await ensureRecorded(source.version, built, java, options);
  const files = await readdir(start);
  return {
    version: source.version,
    java,
    distribution: built,
    database: path.join(start, "database"),
    archive: files.includes(archiveName) ? path.join(start, archiveName) : undefined,
  };
}

const archiveName = "classes.archive";

async function ensureBuilt(source: Distribution, java: Java, options: PreparationOptions): Promise<string> {
  const { progress, providers = [] } = options;
  const jars = await Promise.all(providers.map(async (jar) => `${path.basename(jar)} ${await digest(jar)}`));
  const title = `Keycloak ${source.version}: build`;
  return await ensureEntry(
    { name: "keycloak-built", inputs: [source.folder, source.version, ...buildOptions, ...jars.sort()] },
    (target) =>
      progress.step(title, async () => {
        await cp(source.folder, target, {
          recursive: true,
          filter: (file) => path.relative(source.folder, file) !== "data",
        });
        for (const jar of providers) await cp(jar, path.join(target, "providers", path.basename(jar)));
        const home = await createHome(target, options.processes);
        try {
          await runToEnd(title, java, options, {
            args: javaArguments({ java, distribution: target, home, command: ["build", ...buildOptions] }),
            home,
          });
        } finally {
          await rm(home, { recursive: true, force: true });
        }
      }),
    { waiting: () => progress.say(`  another process runs ${title}, waiting`) },
  );
}

async function digest(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

async function runToEnd(
  title: string,
  java: Java,
  options: PreparationOptions,
  job: { args: string[]; home: string },
): Promise<void> {
  const running = await options.processes.start({
    command: javaExecutable(java),
    args: job.args,
    environment: launchEnvironment(options.environment ?? process.env),
    log: logFile(job.home),
  });
  const end = await running.ended;
  await running.stop();
  if (end === 0) return;
  const lines = (await readFile(logFile(job.home), "utf8")).split("\n").filter((line) => line.startsWith("ERROR"));
  const said = lines.slice(-4).join("\n");
  throw said.includes("more recent version of the Java Runtime")
    ? new AccessError(
        "usage",
        `${title}: a provider needs a newer Java than ${java.version}; set javaMinimum.\n${said}`,
      )
    : new Error(`${title} ended with ${end}:\n${said}`);
}

/**
 * The archive is recorded with the built distribution at its final place: the JVM compares the path of the libraries
 * when it loads the archive.
 */
async function ensureRecorded(
  version: string,
  distribution: string,
  java: Java,
  options: PreparationOptions,
): Promise<string> {
  const title = `Keycloak ${version}: database and class archive for Java ${java.version}`;
  return await ensureEntry(
    { name: "keycloak-start", inputs: [distribution, java.home, java.version, ...startOptions("", 0)] },
    (target) => options.progress.step(title, (note) => record(title, distribution, java, target, options, note)),
    { waiting: () => options.progress.say(`  another process makes ${title}, waiting`) },
  );
}

async function record(
  title: string,
  distribution: string,
  java: Java,
  target: string,
  options: PreparationOptions,
  note: (text: string) => void,
): Promise<void> {
  const home = await createHome(distribution, options.processes);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  try {
    note("first start");
    const running = await options.processes.start({
      command: javaExecutable(java),
      args: javaArguments({
        java,
        distribution,
        home,
        archive: { file: path.join(target, archiveName), use: "record" },
        command: ["start", "--optimized", ...startOptions("127.0.0.1", port)],
      }),
      environment: launchEnvironment(options.environment ?? process.env, {
        KC_BOOTSTRAP_ADMIN_USERNAME: templateAdmin.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: templateAdmin.password,
      }),
      log: logFile(home),
    });
    await untilReady(running, title, () => serves(running, url), STARTING);
    note("loading what requests need");
    await exercise(url);
    note("writing the archive");
    // Not `stop`, which kills after ten seconds: the JVM writes the archive while it ends.
    process.kill(running.pid, "SIGTERM");
    const late = setTimeout(() => void running.stop(), RECORDING);
    await running.ended;
    clearTimeout(late);
    await running.stop();
    await cp(databaseFolder(home), path.join(target, "database"), { recursive: true });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** How long a first start may take on a busy machine, in milliseconds. */
const STARTING = 300_000;
/** How long the JVM may take to write the archive, in milliseconds. */
const RECORDING = 300_000;

/** Walks through what tests do first, so that its classes are in the archive too; leaves nothing in the database. */
async function exercise(url: string): Promise<void> {
  const admin = new KeycloakAdmin({ url, ...templateAdmin });
  const realm = { realm: "exercise", enabled: true, users: [{ username: "someone", enabled: true }] };
  await admin.post("/realms", realm);
  await admin.renew();
  await admin.get("/realms/exercise/users");
  const login = new URLSearchParams({
    client_id: "account-console",
    response_type: "code",
    redirect_uri: `${url}/realms/exercise/account/`,
    code_challenge_method: "S256",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  });
  await fetch(`${url}/realms/exercise/protocol/openid-connect/auth?${login}`, { signal: AbortSignal.timeout(30_000) });
  await admin.delete("/realms/exercise");
}

/**
 * Whether a process of ours serves requests at `url`: where another server has taken the port before, that one answers in
 * its place until ours gives up.
 */
export async function serves({ log }: Pick<Running, "log">, url: string): Promise<boolean> {
  if (!(await readFile(log, "utf8")).includes("Listening on: ")) return false;
  const answer = await fetch(`${url}/realms/master`, { signal: AbortSignal.timeout(30_000) });
  await answer.body?.cancel();
  return answer.ok;
}
