import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Credentials, claimsSender, isAuthentic } from "./authentication.ts";

export interface ReceiverOptions {
  readonly credentials: Credentials;
  /** Takes what an authentic request says; false for what is no event. */
  readonly accept: (body: unknown) => boolean;
  /** Told of every request that is refused. */
  readonly onRefusal: (status: RefusedStatus) => void;
}

/** What is said to whoever is refused: what was wrong, and nothing about what would have been right. */
const REFUSALS = {
  400: "this is no event of Keycloak",
  401: "the signature or the credentials are missing or wrong",
  404: "there is nothing here; events go to /webhook",
  405: "use POST",
  413: "the body is too long",
  415: "send application/json",
  503: "too much is sent at once; send it again",
} as const;
export type RefusedStatus = keyof typeof REFUSALS;
export const REFUSED_STATUSES = Object.keys(REFUSALS).map(Number) as readonly RefusedStatus[];

/** Longest body in bytes. What an administrator changed is in it as a whole, and is not looked at. */
export const LONGEST_BODY = 1024 * 1024;
/** Bytes of all bodies that are being read: whoever sent them is only known at their end. */
const MOST_BYTES = 16 * LONGEST_BODY;

/**
 * Answers `POST /webhook` with 202 as soon as it is known who sends it and that it is an event. Nothing is done before the
 * answer: some plugins make the person wait for it who logs in.
 */
export function createReceiver({ credentials, accept, onRefusal }: ReceiverOptions): RequestListener {
  const refuse = (response: ServerResponse, status: RefusedStatus) => {
    onRefusal(status);
    // What is left of the body is not waited for.
    const headers = { connection: "close", ...(status === 405 && { allow: "POST" }) };
    send(response, status, { error: REFUSALS[status] }, headers);
  };
  const memory = { left: MOST_BYTES };
  return async (request, response) => {
    const early = refusalOf(request);
    if (early !== undefined) return refuse(response, early);
    const body = await read(request, memory);
    if (body === "broken") return;
    if (!Buffer.isBuffer(body)) return refuse(response, body);
    if (!isAuthentic(request.headers, body, credentials)) return refuse(response, 401);
    const event = parseJson(body);
    if (event === undefined || !accept(event)) return refuse(response, 400);
    // Older clients of a plugin take an answer without a JSON body for a failure.
    send(response, 202, {});
  };
}

/** What is known before the body is read. */
function refusalOf({ url = "", method, headers }: IncomingMessage): RefusedStatus | undefined {
  const path = url.split("?", 1)[0];
  if (path !== "/webhook" && path !== "/webhook/") return 404;
  if (method !== "POST") return 405;
  if (!claimsSender(headers)) return 401;
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) return 415;
  return Number(headers["content-length"] ?? 0) > LONGEST_BODY ? 413 : undefined;
}

/**
 * The body; `broken` when the connection ended before it did.
 *
 * @param memory bytes that all bodies together may still take
 */
async function read(request: IncomingMessage, memory: { left: number }): Promise<Buffer | 413 | 503 | "broken"> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      pieces.push(piece);
      length += piece.length;
      memory.left -= piece.length;
      if (length > LONGEST_BODY) return 413;
      if (memory.left < 0) return 503;
    }
  } catch {
    return "broken";
  } finally {
    memory.left += length;
  }
  return Buffer.concat(pieces);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
