import type { LoginOptions } from "./login/options.ts";
import type { Plan } from "./plan.ts";

/** One line per request: no query, no header, no body, so never a credential or an address. */
export interface RequestLog {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** What a handler threw when it should not have: a defect of this server. */
  readonly defect?: unknown;
}

export interface LangfuseOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default enterprise. */
  readonly plan?: Plan;
  /** Default random, or that of the saved state; null leaves it unset, which closes the admin API. */
  readonly adminApiKey?: string | null;
  /** State is read from here when the file exists, and kept here. Default: memory only. */
  readonly file?: string;
  /** What differs from `DEFAULT_LOGIN`. */
  readonly login?: Partial<LoginOptions>;
  /** URL that browsers see, in the real server NEXTAUTH_URL. Default: where the server listens. */
  readonly externalUrl?: string;
  /** Whether `POST /__reset` brings back the seeded state. Default false. */
  readonly control?: boolean;
  /** Default: no log. */
  readonly log?: (request: RequestLog) => void;
  /** How long the background job takes to remove a deleted project, in milliseconds. Default 1000. */
  readonly deletionTime?: number;
  readonly clock?: () => Date;
}
