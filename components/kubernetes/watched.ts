import type { LoginMode } from "#sync/proxy/login.ts";

/** What leaves figures, for whoever watches them. */
export interface Watched {
  /** Minutes after which roles count as stale. */
  readonly staleAfter: number;
  /** Whether the webhook runs. */
  readonly webhook: boolean;
  /** What the login-time proxy does with a login whose role could not be made sure; undefined where there is no proxy. */
  readonly proxy: LoginMode | undefined;
}
