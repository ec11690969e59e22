import * as pulumi from "@pulumi/pulumi";
import { AccessError } from "#sync/errors.ts";

/** Runs the program so that errors meant for a person appear as their message alone; defects keep their stack trace. */
export async function withReadableErrors<T>(program: () => Promise<T>): Promise<T> {
  try {
    return await program();
  } catch (error) {
    if (error instanceof AccessError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
