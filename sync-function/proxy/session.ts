import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient } from "../http/client.ts";
import type { Sighting } from "../scoped/sighting.ts";

/**
 * Asks Langfuse whose session a `Cookie` header holds.
 *
 * @throws AccessError when Langfuse does not answer, or knows no such session
 */
export type WhoIs = (cookie: string) => Promise<Sighting>;

export interface SessionOptions {
  /** Address of Langfuse without `/api`. */
  readonly url: string;
  /** Milliseconds for the answer. */
  readonly timeout: number;
}

const session = z.object({
  user: z
    .object({
      id: z.string(),
      email: z.string(),
      organizations: z.array(z.object({ id: z.string(), role: z.string() })),
    })
    .nullish(),
});

/** The session says who it is, because it is Langfuse that has just opened it: nothing a browser sent is believed. */
export function createWhoIs({ url, timeout }: SessionOptions): WhoIs {
  const client = createHttpClient({ service: "Langfuse", baseUrl: url, timeout, deadline: timeout, connections: 64 });
  return async (cookie) => {
    const { user } = await client.send({ method: "GET", path: "/api/auth/session", headers: { cookie } }, session);
    if (user?.email) {
      const roles = new Map(user.organizations.map(({ id, role }) => [id, role]));
      return { userId: user.id, email: user.email.toLowerCase(), roles };
    }
    throw new AccessError(
      "incomplete",
      "Langfuse: GET /api/auth/session knows nothing of the session it has just opened; check that PROXY_UPSTREAM is the Langfuse that people log in to",
    );
  };
}
