import { type AuthorisationOutcome, authorise } from "#local/browser/authorise.ts";
import { Browser } from "#local/browser/browser.ts";
import type { Credentials } from "#local/browser/keycloak-page.ts";

/** One kind of login that is tried again and again. */
export interface Kind {
  readonly title: string;
  readonly client: { readonly clientId: string; readonly redirectUri: string };
  readonly credentials: Credentials;
  readonly parameters?: Readonly<Record<string, string>>;
  /** A client whose session the login begins with. */
  readonly session?: { readonly clientId: string; readonly redirectUri: string };
  readonly isRightful: boolean;
}

export interface Hammering {
  /** Logins so far. */
  count(): number;
  /** Ends it, and answers what came of it. */
  stop(): Promise<Tally>;
}

export interface Tally {
  readonly logins: number;
  /** Logins of the rightful that were interrupted, and had to begin anew. */
  readonly retried: readonly string[];
  /** Kind and outcome of every login that ended as it must not. */
  readonly wrong: readonly string[];
}

/** Logs in without pause, so many at a time, each kind in turn. */
export function hammer(issuer: string, kinds: readonly Kind[], workers: number): Hammering {
  let isEnding = false;
  let logins = 0;
  const retried: string[] = [];
  const wrong: string[] = [];

  async function work(first: number): Promise<void> {
    for (let turn = first; !isEnding; turn += workers) {
      const kind = kinds[turn % kinds.length];
      if (!kind) return;
      let outcome = await attempt(kind);
      // Somebody whose flow is deleted under them has to begin anew; a refusal by a gate is no such thing.
      if (kind.isRightful && outcome.kind !== "code" && !(outcome.kind === "refused" && outcome.status === 401)) {
        retried.push(`${kind.title}: ${JSON.stringify(outcome)}`);
        outcome = await attempt(kind);
      }
      logins += 1;
      if ((outcome.kind === "code") !== kind.isRightful) wrong.push(`${kind.title}: ${JSON.stringify(outcome)}`);
    }
  }

  async function attempt({ client, credentials, parameters, session }: Kind): Promise<AuthorisationOutcome> {
    const browser = new Browser();
    const to = (target: Kind["client"]) => ({ issuer, ...target, ...(parameters ? { parameters } : {}) });
    if (session) await authorise(browser, to(session), credentials);
    return await authorise(browser, to(client), credentials);
  }

  const working = Array.from({ length: workers }, (_, index) => work(index));
  return {
    count: () => logins,
    stop: async () => {
      isEnding = true;
      await Promise.all(working);
      return { logins, retried, wrong };
    },
  };
}
