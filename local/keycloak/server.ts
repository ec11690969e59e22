import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { freePort } from "../ports.ts";
import { type ProcessGroup, type Running, signalGroup, untilReady } from "../process/group.ts";
import type { Progress } from "../progress.ts";
import { type AdminOptions, KeycloakAdmin } from "./admin.ts";
import { createHome, logFile } from "./home.ts";
import { javaExecutable } from "./java.ts";
import { javaArguments, launchEnvironment, startOptions } from "./launch.ts";
import { type Preparation, prepareKeycloak, serves, templateAdmin } from "./preparation.ts";

export interface KeycloakOptions {
  /** Default: the version of `KEYCLOAK_DIST`, or `KEYCLOAK_VERSION`. */
  readonly version?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Address to listen on; `127.0.0.1` by default, `0.0.0.0` for all. */
  readonly host?: string;
  readonly processes: ProcessGroup;
  readonly progress: Progress;
  /** Jars with extensions; another set makes another built server, half a minute once. */
  readonly providers?: readonly string[];
  /** Oldest Java, for providers compiled for a newer one than 17; for example 21. */
  readonly javaMinimum?: number;
  /** Compile, hash and collect as in production, for a server that is measured under load. Default false. */
  readonly optimise?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

/** What there is to know of a server for whoever has not started it. */
export interface KeycloakAccess {
  /** Without a slash at the end. Tokens bear the address by which they were asked for, this or another. */
  readonly url: string;
  /** Administrator of the master realm, with a password of this server alone. */
  readonly adminUsername: string;
  readonly adminPassword: string;
}

/** The API as its administrator uses it. */
export function adminOf(
  { url, adminUsername: username, adminPassword: password }: KeycloakAccess,
  options: Pick<AdminOptions, "timeout"> = {},
): KeycloakAdmin {
  return new KeycloakAdmin({ url, username, password, ...options });
}

export interface KeycloakServer extends KeycloakAccess {
  /** The server's own process, not a shell's. */
  readonly pid: number;
  readonly version: string;
  readonly log: string;
  /** Ends it at once and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a Keycloak with a database of its own, HTTP only, and returns when it answers. The first start of a version
 * prepares it, which takes a minute or two; later ones take seconds. Its data is gone when it ends, for whatever reason.
 */
export async function startKeycloak(options: KeycloakOptions): Promise<KeycloakServer> {
  const preparation = await prepareKeycloak(options);
  return await options.progress.step(`Keycloak ${preparation.version}: start`, async () => {
    const { running, url } = await launch(preparation, options);
    const adminPassword = randomBytes(18).toString("base64url");
    await changeAdminPassword(url, adminPassword);
    return {
      url,
      adminUsername: templateAdmin.username,
      adminPassword,
      pid: running.pid,
      version: preparation.version,
      log: running.log,
      stop: async () => {
        // An orderly end takes seconds and would only save data that is thrown away.
        if (!running.hasEnded()) signalGroup(running.pid, "SIGKILL");
        await running.stop();
      },
    };
  });
}

/** How often another free port is tried: between choosing one and using it, somebody else may take it. */
const ATTEMPTS = 3;

async function launch(preparation: Preparation, options: KeycloakOptions): Promise<{ running: Running; url: string }> {
  const host = options.host ?? "127.0.0.1";
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort(host));
    const home = await createHome(preparation.distribution, options.processes, preparation.database);
    const removeHome = () => rmSync(home, { recursive: true, force: true });
    const running = await startIn(home, preparation, options, host, port);
    const url = `http://${reachable(host)}:${port}`;
    try {
      await untilReady(running, `Keycloak at ${url}`, () => serves(running, url));
      running.ended.then(removeHome);
      return { running, url };
    } catch (error) {
      await running.stop();
      removeHome();
      if (options.port || attempt === ATTEMPTS || !/already (bound|in use)/i.test(String(error))) throw error;
    }
  }
}

async function startIn(
  home: string,
  preparation: Preparation,
  options: KeycloakOptions,
  host: string,
  port: number,
): Promise<Running> {
  const { java, distribution, archive } = preparation;
  const command = ["start", "--optimized", ...startOptions(host, port)];
  return await options.processes.start({
    command: javaExecutable(java),
    args: javaArguments({
      java,
      distribution,
      home,
      optimise: options.optimise ?? false,
      ...(archive ? { archive: { file: archive, use: "replay" } } : {}),
      command,
    }),
    environment: launchEnvironment(options.environment ?? process.env),
    log: logFile(home),
  });
}

/** An address to connect to, for one to listen on. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

async function changeAdminPassword(url: string, password: string): Promise<void> {
  const admin = new KeycloakAdmin({ url, ...templateAdmin });
  const people = await admin.get<{ id: string }[]>("/realms/master/users", { username: templateAdmin.username });
  const id = people[0]?.id;
  if (!id) throw new Error(`the template database has no user ${templateAdmin.username}`);
  await admin.put(`/realms/master/users/${id}/reset-password`, { type: "password", value: password, temporary: false });
}
