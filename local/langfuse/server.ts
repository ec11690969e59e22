import { listen } from "./http/listener.ts";
import { json } from "./http/reply.ts";
import { createRouter, type Route } from "./http/routing.ts";
import type { Instance } from "./instance.ts";
import { DEFAULT_LOGIN } from "./login/options.ts";
import { IdentityProvider } from "./login/provider.ts";
import { loginRoutes } from "./login/routes.ts";
import type { LangfuseOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import { apiRoutes } from "./routes.ts";
import type { SeededKeys } from "./state/seed.ts";
import { openState, type State } from "./state/state.ts";

/** Where a server is and how to enter it; the keys are those of a contract target. */
export interface LangfuseTarget extends SeededKeys {
  readonly url: string;
  readonly plan: Plan;
  /** Absent when it is unset on the server. */
  readonly adminApiKey?: string;
}

export interface LangfuseServer {
  readonly target: LangfuseTarget;
  /** POST brings back the seeded state, if `control` is on, and answers the target. */
  readonly resetUrl: string;
  /** Ends all connections and writes the state. */
  stop(): Promise<void>;
}

/**
 * Starts a server that answers like self-hosted Langfuse 4.16.0 as far as members, roles, projects, keys and logins go,
 * with the state that the contract calls seeded, or the one in `file`.
 */
export async function startLangfuse(options: LangfuseOptions = {}): Promise<LangfuseServer> {
  const { host = "127.0.0.1", port = 0, plan = "enterprise", clock = () => new Date() } = options;
  const state = await openState({
    file: options.file,
    adminApiKey: options.adminApiKey,
    clock,
    deletionTime: options.deletionTime ?? 1_000,
  });
  const listener = await listen({ host, port, log: options.log });
  const target: LangfuseTarget = {
    url: listener.url,
    plan,
    ...(state.adminApiKey === null ? {} : { adminApiKey: state.adminApiKey }),
    ...state.keys,
  };
  const instance: Instance = { database: () => state.database, plan, adminApiKey: state.adminApiKey };
  const login = { ...DEFAULT_LOGIN, ...options.login };
  const provider = new IdentityProvider(login, clock);
  const base = new URL(options.externalUrl ?? listener.url).origin;
  listener.serve(
    createRouter([
      ...apiRoutes(instance),
      ...loginRoutes({ base, options: login, instance, provider, secret: state.sessionSecret, clock }),
      ...(options.control ? [resetRoute(state, target)] : []),
    ]),
  );
  return {
    target,
    resetUrl: `${listener.url}/__reset`,
    stop: async () => {
      await listener.close();
      await state.close();
    },
  };
}

function resetRoute(state: State, target: LangfuseTarget): Route {
  return {
    path: "/__reset",
    handle: ({ method }) => {
      if (method !== "POST") return json(405, { error: "Method not allowed" });
      state.reset();
      return json(200, target);
    },
  };
}
