import { html, json, type Reply, text } from "./reply.ts";

/** How a family of endpoints says that something is wrong. */
export type ErrorShape = (status: number, message: string) => Reply;

export const scimError: ErrorShape = (status, detail) =>
  json(status, { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], detail, status });

export const errorField: ErrorShape = (status, error) => json(status, { error });

export const messageField: ErrorShape = (status, message) => json(status, { message });

/** What the framework answers when a handler throws. */
export const plainBreakdown = text(500, "Internal Server Error");

export const notFoundPage = html(
  404,
  "<!DOCTYPE html><html><head><title>404: This page could not be found</title></head><body><h1>404</h1><p>This page could not be found.</p></body></html>",
);

/** Ends a request with an answer, from whatever depth. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

/**
 * Stands for an error that the real server does not handle, such as a value its database refuses: each family of
 * endpoints has its own 500 for it.
 */
export class Breakdown extends Error {
  override readonly name = "Breakdown";
}

/** The database behind the real server cannot store NUL characters, neither in texts nor inside JSON. */
export function assertStorable(value: unknown): void {
  if (holdsNul(value)) throw new Breakdown("a text holds a NUL character");
}

function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return typeof value === "object" && value !== null && Object.entries(value).flat().some(holdsNul);
}
