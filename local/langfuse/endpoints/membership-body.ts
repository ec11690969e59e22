import { z } from "zod";
import { assertStorable, errorField, Refusal } from "../http/errors.ts";
import { json } from "../http/reply.ts";
import { ROLES } from "../state/model.ts";

export const membershipSchema = z.object({ userId: z.string(), role: z.enum(ROLES) });
export const leavingSchema = z.object({ userId: z.string() });

/** Membership endpoints list what is wrong as the issues of zod, an array. */
export function membershipBody<T extends { userId: string }>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw new Refusal(json(400, { error: "Invalid request body", details: parsed.error.issues }));
  }
  assertStorable(parsed.data.userId);
  return parsed.data;
}

/** A refusal in the shape of the membership endpoints. */
export function refuseMembership(text: string): Refusal {
  return new Refusal(errorField(404, text));
}
