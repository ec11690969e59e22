import type { ServerResponse } from "node:http";

/** What this proxy says itself, where Langfuse says nothing. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number;
}

export const PAGES = {
  malformed: { status: 400, title: "Bad request", text: "This request cannot be passed on." },
  unreachable: {
    status: 502,
    title: "Langfuse cannot be reached",
    text: "Langfuse does not answer at the moment. Please try again in a minute.",
    retryAfter: 30,
  },
  silent: {
    status: 504,
    title: "Langfuse takes too long",
    text: "Langfuse did not answer in time. Please try again in a minute.",
    retryAfter: 30,
  },
  loop: {
    status: 508,
    title: "Loop detected",
    text: "This request has been here before: the address of Langfuse leads back to this proxy.",
  },
  refused: {
    status: 503,
    title: "Please sign in again",
    text: "Your role could not be made sure, so you have not been signed in. Please try again in a minute.",
    retryAfter: 5,
  },
} as const satisfies Record<string, Page>;

/** Sends a page unless the answer has begun; then only its end is left to send. */
export function sendPage(response: ServerResponse, { status, title, text, retryAfter }: Page): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`;
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    // Whatever else is on this connection may belong to a request that was not understood.
    connection: "close",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(body);
}
