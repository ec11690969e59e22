import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { KEYCLOAK_VERSION } from "#local/keycloak/distribution.ts";
import { deleteRealm } from "#local/keycloak/realm.ts";
import { adminOf, type KeycloakServer, startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress } from "#local/progress.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where files ask for a Keycloak: see `borrowKeycloak`. */
    readonly keycloakLender: string;
  }
}

interface Lendable {
  readonly server: KeycloakServer;
  /** Version, or the distribution that is used in place of the default one. */
  readonly wanted: string;
  isLent: boolean;
}

/**
 * The servers that files borrow one after the other: to start one costs as much of a core as all else that most files do
 * with it. Nobody shares one at the same time, since its database lets whoever makes a realm wait for all others who do.
 */
class Lender {
  #processes: ProcessGroup | undefined;
  readonly #servers: Lendable[] = [];

  async lend(version: string): Promise<KeycloakServer> {
    const wanted = version || (process.env.KEYCLOAK_DIST ?? KEYCLOAK_VERSION);
    const idle = this.#servers.find((one) => !one.isLent && one.wanted === wanted);
    if (idle !== undefined) {
      idle.isLent = true;
      return idle.server;
    }
    this.#processes ??= new ProcessGroup();
    const server = await startKeycloak({
      ...(version && { version }),
      processes: this.#processes,
      progress: createProgress(),
    });
    this.#servers.push({ server, wanted, isLent: true });
    return server;
  }

  /** Lends it again when it is as it was at first; whatever realms are left in it go. */
  async takeBack(url: string): Promise<void> {
    const lent = this.#servers.find(({ server }) => server.url === url);
    if (!lent?.isLent) throw new Error(`no server at ${url} is lent`);
    const admin = adminOf(lent.server);
    const realms = await admin.get<{ realm: string }[]>("/realms", { briefRepresentation: true });
    for (const { realm } of realms) if (realm !== "master") await deleteRealm(admin, realm);
    lent.isLent = false;
  }

  async stop(): Promise<void> {
    await this.#processes?.stop();
  }
}

/** One for all tiers: what the integration tier has started serves the e2e tier. */
let lender: Lender | undefined;

export default async function lend({ provide }: TestProject): Promise<() => Promise<void>> {
  lender ??= new Lender();
  const server = await listen(lender);
  provide("keycloakLender", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    await lender?.stop();
    lender = undefined;
  };
}

/** Answers `POST` of a version with a server that is the caller's alone, until `DELETE` of its address brings it back. */
async function listen(of: Lender): Promise<Server> {
  const server = createServer(async ({ method, url = "" }, response) => {
    try {
      const named = decodeURIComponent(url.slice(1));
      const answer = method === "POST" ? await of.lend(named) : await of.takeBack(named);
      response.end(JSON.stringify(answer ?? {}));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
