import type { IncomingMessage } from "node:http";
import { parse } from "node:querystring";
import { Refusal } from "./errors.ts";
import { text } from "./reply.ts";

/** Largest body in bytes. */
const LIMIT = 1024 * 1024;

/** Reads the body and turns it into what handlers see; refuses it before anybody looks at method or credentials. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Kept open after a refusal, because the answer goes out on the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  return parseBody(request.headers["content-type"], Buffer.concat(chunks));
}

/**
 * JSON and form bodies become values; everything else stays text, also a missing body. An empty body that calls itself
 * JSON is an empty object.
 */
export function parseBody(contentType: string | undefined, bytes: Buffer): unknown {
  const [type = "", ...parameters] = (contentType ?? "text/plain").split(";").map((part) => part.trim().toLowerCase());
  const body = decode(bytes, parameters);
  if (type === "application/json" || type === "application/ld+json") {
    if (body === "") return {};
    try {
      return JSON.parse(body);
    } catch {
      throw new Refusal(text(400, "Invalid JSON"));
    }
  }
  return type === "application/x-www-form-urlencoded" ? { ...parse(body) } : body;
}

function decode(bytes: Buffer, parameters: readonly string[]): string {
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length) ?? "utf-8";
  try {
    return new TextDecoder(charset.replaceAll('"', "")).decode(bytes);
  } catch {
    throw new Refusal(text(400, "Invalid body"));
  }
}

function tooLarge(): Refusal {
  return new Refusal(text(413, "Body exceeded 1mb limit"));
}
