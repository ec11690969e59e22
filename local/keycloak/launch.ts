import path from "node:path";
import { type Java, javaMajor } from "./java.ts";

/** A JVM archive of loaded classes: written when the process ends, or read when it starts. */
export interface ClassArchive {
  readonly file: string;
  readonly use: "record" | "replay";
}

export interface Launch {
  readonly java: Java;
  /** Distribution with its `lib` folder, shared by all instances. */
  readonly distribution: string;
  /** The instance's own folder: see `createHome`. */
  readonly home: string;
  readonly archive?: ClassArchive;
  /** Compile, hash and collect as in production, for a server that is measured under load. Default false: a quick start. */
  readonly optimise?: boolean;
  /** Command and options of `kc.sh`, for example `["start", "--optimized"]`. */
  readonly command: readonly string[];
}

/**
 * Passwords of a server that lives for minutes on loopback need not withstand anybody. As in production each would take a
 * tenth of a second of the processor, at every login and every new password.
 */
const cheapPasswords = ["iterations=1", "memory=64"].map((option) => `-Dkc.spi-password-hashing-argon2-${option}`);

/** What `kc.sh` gives the server in a container of 2 GB, Keycloak's own recommendation: 50 % at first, 70 % at most. */
const productionMemory = ["-Xms1g", "-Xmx1434m", "-XX:+UseG1GC"];
/** Enough for some dozen realms; the serial collector and the first compiler tier make a short life cheap. */
const shortLife = ["-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", ...cheapPasswords];

/** Options of `kc.sh build` that decide what the built server contains. */
export const buildOptions = ["--db=dev-file", "--health-enabled=false", "--metrics-enabled=false"] as const;

/**
 * Options of `kc.sh start`. Without `--cache=local` the server opens cluster ports on other addresses, and with
 * `--hostname-strict=false` the issuer is the address that a request came by.
 */
export function startOptions(host: string, port: number): string[] {
  return [
    "--cache=local",
    "--http-enabled=true",
    "--hostname-strict=false",
    `--http-port=${port}`,
    `--http-host=${host}`,
  ];
}

/**
 * Arguments of `java` for what `bin/kc.sh` does, without its shell: the process started is the server itself, and its
 * home is not the folder its libraries are in.
 */
export function javaArguments(launch: Launch): string[] {
  const opens = ["java.util", "java.util.concurrent", "java.security", "java.lang"];
  return [
    ...(launch.optimise ? productionMemory : shortLife),
    ...["-XX:MetaspaceSize=96M", "-XX:MaxMetaspaceSize=512m"],
    ...(launch.archive ? archiveFlags(launch.java, launch.archive) : []),
    ...["-Dfile.encoding=UTF-8", "-Djava.security.egd=file:/dev/urandom", "-Duser.language=en", "-Duser.country=US"],
    ...opens.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    // Java 17 knows the option for an incubator module only, and warns.
    ...(javaMajor(launch.java.version) >= 22 ? ["--enable-native-access=ALL-UNNAMED"] : []),
    `-Djava.io.tmpdir=${path.join(launch.home, "tmp")}`,
    `-Dkc.home.dir=${launch.home}`,
    `-Djboss.server.config.dir=${path.join(launch.home, "conf")}`,
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Dpicocli.disable.closures=true",
    // A realm with fifty thousand people is imported in one piece; the default of 10 MB is just too little for it.
    "-Dquarkus.http.limits.max-body-size=64M",
    ...["-cp", path.join(launch.distribution, "lib", "quarkus-run.jar")],
    "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
    ...launch.command,
  ];
}

/** Java 25 brought a cache that also holds linked classes (JEP 514); before it there are dynamic archives (JEP 350). */
function archiveFlags(java: Java, archive: ClassArchive): string[] {
  const flags =
    javaMajor(java.version) >= 25
      ? { record: "AOTCacheOutput", replay: "AOTCache" }
      : { record: "ArchiveClassesAtExit", replay: "SharedArchiveFile" };
  return [`-XX:${flags[archive.use]}=${archive.file}`];
}

/** The caller's environment without what would configure Keycloak or the JVM behind our back. */
export function launchEnvironment(
  environment: NodeJS.ProcessEnv,
  additions: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const foreign = /^(KC_|KEYCLOAK_|QUARKUS_|JAVA_TOOL_OPTIONS$|JDK_JAVA_OPTIONS$|_JAVA_OPTIONS$)/;
  const kept = Object.entries(environment).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), ...additions };
}
