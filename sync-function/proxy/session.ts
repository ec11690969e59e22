import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient } from "../http/client.ts";

/**
 * Asks Langfuse whose session a `Cookie` header holds.
 *
 * @returns the address, in lower case
 * @throws AccessError when Langfuse does not answer, or knows no such session
 */
export type WhoIs = (cookie: string) => Promise<string>;

export interface SessionOptions {
  /** Address of Langfuse without `/api`. */
  readonly url: string;
  /** Milliseconds for the answer. */
  readonly timeout: number;
}

const session = z.object({ user: z.object({ email: z.string() }).nullish() });

/** The session says who it is, because it is Langfuse that has just opened it: nothing a browser sent is believed. */
export function createWhoIs({ url, timeout }: SessionOptions): WhoIs {
  const client = createHttpClient({ service: "Langfuse", baseUrl: url, timeout, deadline: timeout, connections: 64 });
  return async (cookie) => {
    const { user } = await client.send({ method: "GET", path: "/api/auth/session", headers: { cookie } }, session);
    if (user?.email) return user.email.toLowerCase();
    throw new AccessError(
      "incomplete",
      "Langfuse: GET /api/auth/session knows nothing of the session it has just opened; check that PROXY_UPSTREAM is the Langfuse that people log in to",
    );
  };
}
