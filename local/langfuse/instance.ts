import type { Plan } from "./plan.ts";
import type { Database } from "./state/database.ts";

/** What the endpoints work on. */
export interface Instance {
  /** Replaced as a whole by a reset, so nobody may keep it. */
  readonly database: () => Database;
  readonly plan: Plan;
  /** Null when the server has none, which closes the admin API. */
  readonly adminApiKey: string | null;
}
