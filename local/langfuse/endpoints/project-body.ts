import { z } from "zod";
import { assertStorable, Breakdown, messageField, Refusal } from "../http/errors.ts";
import { member } from "../http/request.ts";

/** Anything between angle brackets counts as a tag. */
export const TAG = /<[^>]*>/;

/** What a request to create or update a project asks for; absent fields are undefined. */
export interface ProjectBody {
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly retentionDays: number | null | undefined;
}

const nameSchema = z
  .string()
  .min(3)
  .max(60)
  .refine((name) => !TAG.test(name));

/** Largest value of the database's integer column. */
const MAX_RETENTION = 2 ** 31 - 1;

/** Reports one fault at a time: name, then metadata, then retention. */
export function projectBody(body: unknown): ProjectBody {
  if (body === null) throw new Breakdown("the body is null");
  const name = nameSchema.safeParse(member(body, "name"));
  if (!name.success) throw refuse("Invalid project name. Should be between 3 and 60 characters.");
  const metadata = projectMetadata(member(body, "metadata"));
  const retentionDays = retention(member(body, "retention"));
  assertStorable(name.data);
  assertStorable(metadata);
  return { name: name.data, metadata, retentionDays };
}

function projectMetadata(value: unknown): ProjectBody["metadata"] {
  if (value === undefined) return undefined;
  const parsed = metadataValue(value);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw refuse("Invalid metadata. Should be a valid JSON object.");
  }
  return { ...parsed };
}

/** What is not an object has to be a text that parses; the refusal is the same for projects and organizations. */
export function metadataValue(value: unknown): unknown {
  if (typeof value === "object") return value;
  try {
    return JSON.parse(String(value));
  } catch (error) {
    throw refuse(`Invalid metadata. Should be a valid JSON object: ${error}`);
  }
}

/** The check converts to a number first, so texts and booleans pass it and then fail in the database. */
function retention(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return value;
  const days = Number(value);
  if (!Number.isInteger(days) || (days !== 0 && days < 3)) {
    throw refuse("Invalid retention value. Must be 0 or at least 3 days.");
  }
  if (typeof value !== "number" || days > MAX_RETENTION) throw new Breakdown("the database refuses this retention");
  return value;
}

function refuse(text: string): Refusal {
  return new Refusal(messageField(400, text));
}
