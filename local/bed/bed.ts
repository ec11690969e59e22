import { rm } from "node:fs/promises";
import path from "node:path";
import { isLoopback } from "../browser/cookies.ts";
import type { KeycloakAdmin } from "../keycloak/admin.ts";
import { companyRealm, langfuseClientId } from "../keycloak/company.ts";
import { createRealm } from "../keycloak/realm.ts";
import { adminOf, type KeycloakAccess, startKeycloak } from "../keycloak/server.ts";
import { type Cluster, startCluster } from "../kubernetes/cluster.ts";
import { startLangfuse } from "../langfuse/server.ts";
import { isFree } from "../ports.ts";
import { ProcessGroup } from "../process/group.ts";
import type { Progress } from "../progress.ts";
import { kubernetesSource } from "../toolchain/kubernetes.ts";
import { ensurePart } from "../toolchain/toolchain.ts";
import { type LangfuseTarget, namedTarget, type SignInProvider, signInProvider } from "./langfuse-target.ts";

export interface BedOptions {
  /** Folder for everything that is written; removed at the end. */
  readonly folder: string;
  readonly progress: Progress;
  /**
   * Gives a server without realms that somebody else stops; by default the bed starts one. Not asked where the Langfuse
   * under test looks for Keycloak at an address of its own.
   */
  readonly keycloak?: (() => Promise<KeycloakAccess>) | undefined;
  /** Gives up between two steps, after stopping what has started. */
  readonly signal?: AbortSignal;
}

/** Every server that the program needs, with a company's realm in Keycloak. */
export interface Bed {
  readonly folder: string;
  /** What must not outlive this process belongs to it. */
  readonly processes: ProcessGroup;
  readonly keycloak: KeycloakAccess;
  readonly admin: KeycloakAdmin;
  /** The company's realm, as it was before this project. */
  readonly realm: string;
  readonly issuer: string;
  /** The Langfuse that the run is about: the stand-in, or whatever `LANGFUSE_TARGET` names. */
  readonly langfuse: LangfuseTarget & { readonly adminApiKey: string };
  /** Whether that Langfuse signs people in through this realm, or why not. */
  readonly signIn: { readonly works: true } | { readonly works: false; readonly reason: string };
  readonly cluster: Cluster;
  /** Addresses of both servers as pods reach them. */
  readonly inCluster: { readonly keycloakUrl: string; readonly langfuseUrl: string };
  stop(): Promise<void>;
}

/**
 * Secret of Langfuse's client in the local realm. It is the same everywhere, so that a Langfuse started elsewhere can be
 * set up for this realm beforehand; the realm exists on loopback only.
 */
export const langfuseClientSecret = process.env.LANGFUSE_OIDC_CLIENT_SECRET ?? "langfuse-local-secret";

export async function startBed({ folder, progress, signal, keycloak: given }: BedOptions): Promise<Bed> {
  const processes = new ProcessGroup();
  const endings: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of endings.reverse().splice(0)) await end();
    await processes.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const named = await namedTarget();
    const place = await keycloakPlace(named && (await signInProvider(named.url)));
    const kubernetes = await ensurePart(kubernetesSource, progress);
    // Both are waited for, also when one fails: what has started must be stopped.
    const [keycloakStart, clusterStart] = await Promise.allSettled([
      given && !place.port
        ? given()
        : startKeycloak({ ...(place.port ? { port: place.port } : {}), processes, progress }),
      progress.step("Kubernetes: start", () =>
        startCluster({
          kubernetes: path.join(kubernetes.folder, "kubernetes"),
          pause: path.join(kubernetes.folder, "pause"),
          folder: path.join(folder, "cluster"),
          processes,
          progress,
        }),
      ),
    ]);
    if (clusterStart.status === "fulfilled") endings.push(() => clusterStart.value.stop());
    const keycloak = settled(keycloakStart);
    const cluster = settled(clusterStart);
    signal?.throwIfAborted();

    const issuer = `${keycloak.url}/realms/${place.realm}`;
    const langfuse = named ?? (await startStandIn(issuer, endings));
    if (!langfuse.adminApiKey)
      throw new Error("The target has no adminApiKey: organizations cannot be declared without it.");
    const admin = adminOf(keycloak);
    await createRealm(admin, companyRealm({ name: place.realm, langfuseUrl: langfuse.url, langfuseClientSecret }));
    return {
      folder,
      processes,
      keycloak,
      admin,
      realm: place.realm,
      issuer,
      langfuse: { ...langfuse, adminApiKey: langfuse.adminApiKey },
      signIn: place.reason === undefined ? { works: true } : { works: false, reason: place.reason },
      cluster,
      inCluster: {
        keycloakUrl: await cluster.expose(keycloak.url),
        langfuseUrl: await cluster.expose(langfuse.url),
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Which realm to make and where, so that the given Langfuse signs people in through it. */
async function keycloakPlace(
  provider: SignInProvider | undefined,
): Promise<{ readonly realm: string; readonly port?: number; readonly reason?: string }> {
  const own = { realm: "company" };
  if (!process.env.LANGFUSE_TARGET) return own;
  if (!provider) return { ...own, reason: "the Langfuse under test has no Keycloak provider" };
  const issuer = new URL(provider.issuer);
  const realm = issuer.pathname.split("/").at(-1) ?? "";
  const port = Number(issuer.port);
  if (provider.clientId !== langfuseClientId || !isLoopback(issuer.hostname) || !port || !realm) {
    return { ...own, reason: `the Langfuse under test signs people in at ${provider.issuer} as ${provider.clientId}` };
  }
  if (!(await isFree(port)))
    return { ...own, reason: `port ${port}, where the Langfuse under test looks for Keycloak, is taken` };
  return { realm, port };
}

async function startStandIn(issuer: string, endings: (() => Promise<void>)[]): Promise<LangfuseTarget> {
  const server = await startLangfuse({
    login: { issuer, clientId: langfuseClientId, clientSecret: langfuseClientSecret, allowAccountLinking: true },
  });
  endings.push(() => server.stop());
  return server.target;
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
