import * as z from "zod";

/** Longest text of a server that is worth showing, in characters. */
const LONGEST = 240;

/** Fields that hold the message in the error shapes of Langfuse, SCIM (RFC 7644 §3.12), OAuth and Keycloak. */
const errorBody = z.object({
  message: z.string().optional(),
  error: z.string().optional(),
  detail: z.string().optional(),
  error_description: z.string().optional(),
  errorMessage: z.string().optional(),
});

/** What a server says about its own error, in one short line without anything secret; empty when it says nothing. */
export function serverMessage(body: string): string {
  return shorten(concealSecrets(fromJson(body) ?? fromText(body)));
}

function fromJson(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value === "string") return value;
  const parsed = errorBody.safeParse(value);
  if (!parsed.success) return "";
  const { message, error, detail, error_description: description, errorMessage } = parsed.data;
  if (error !== undefined && description !== undefined) return `${error}: ${description}`;
  return message ?? detail ?? errorMessage ?? error ?? "";
}

function fromText(body: string): string {
  if (!/^\s*<(!doctype|html)/i.test(body)) return body;
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1]?.trim();
  return title ? `an HTML page titled "${title}"` : "an HTML page";
}

/** A proxy or a validator may echo what was sent to it. */
function concealSecrets(text: string): string {
  return (
    text
      .replaceAll(/sk-lf-[\w-]+/g, "sk-lf-…")
      // A pair in base64, as it is sent.
      .replaceAll(/cGstbGYt[\w+/=]+/g, "cGstbGYt…")
      .replaceAll(/\b(Basic|Bearer)\s+[\w+/=.~-]{8,}/gi, "$1 …")
      .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, "eyJ…")
  );
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
