import type { IncomingMessage } from "node:http";

/** Names and values in turn, as Node reads and writes them: only so do order, case and repetition stay. */
export type RawHeaders = readonly string[];

/** What this proxy calls itself in `Via`, by which it knows its own requests again. */
const PSEUDONYM = "langfuse-access";

/** Of one connection each, so that the next one has its own (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Methods whose requests have no body unless they announce one. */
const WITHOUT_BODY = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"];

type Head = Pick<IncomingMessage, "method" | "headers" | "rawHeaders">;

/** What a request is known by on its way. */
export interface Caller {
  /** Address of whoever connected; an ingress, usually. */
  readonly address: string | undefined;
  readonly encrypted: boolean;
}

/**
 * Headers of a request as Langfuse gets them. `Host` stays, as if nobody stood in between. What an ingress said about the
 * browser stays as well, since only the ingress knows it.
 */
export function requestHeaders({ method = "", headers, rawHeaders }: Head, { address, encrypted }: Caller): string[] {
  const isChunked = headers["transfer-encoding"] !== undefined;
  const isEmpty = !isChunked && headers["content-length"] === undefined;
  const added = {
    "x-forwarded-for": listOf(headers["x-forwarded-for"], address),
    "x-forwarded-proto": headers["x-forwarded-proto"] ?? (encrypted ? "https" : "http"),
    "x-forwarded-host": headers["x-forwarded-host"] ?? headers.host,
    via: listOf(headers.via, `1.1 ${PSEUDONYM}`),
    // Node would announce a body where none is announced.
    ...(isChunked && { "transfer-encoding": "chunked" }),
    ...(isEmpty && !WITHOUT_BODY.includes(method) && { "content-length": "0" }),
  };
  // What a client expects before it sends its body was answered by this server.
  const dropped = [...hopByHop(headers.connection), ...Object.keys(added), "expect"];
  return [
    ...without(rawHeaders, dropped),
    ...Object.entries(added).flatMap(([name, value]) => (value ? [name, String(value)] : [])),
  ];
}

/** Headers of an answer as the browser gets them; repeated ones, such as cookies, stay repeated. */
export function answerHeaders({ headers, rawHeaders }: Omit<Head, "method">): string[] {
  return without(rawHeaders, hopByHop(headers.connection));
}

/** What asks the next server for another protocol on the connection, or grants it. */
export function upgradeHeaders(protocol: string | undefined): string[] {
  return ["connection", "Upgrade", "upgrade", protocol ?? ""];
}

/** Whether the request came from this proxy: then it is configured to stand in front of itself. */
export function hasPassedBefore({ headers }: Pick<Head, "headers">): boolean {
  return (headers.via ?? "").split(",").some((hop) => hop.trim().split(" ")[1] === PSEUDONYM);
}

function hopByHop(connection: string | undefined): string[] {
  const named = (connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return [...HOP_BY_HOP, ...named];
}

function without(rawHeaders: RawHeaders, names: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => !names.includes(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ""));
}

function listOf(present: string | string[] | undefined, more: string | undefined): string {
  return [present, more].flat().filter(Boolean).join(", ");
}
