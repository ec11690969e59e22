import * as pulumi from "@pulumi/pulumi";
import { AccessError } from "#sync/errors.ts";

/** Runs the program so that errors meant for a person appear as their message alone; defects keep their stack trace. */
export async function withReadableErrors<T>(program: () => Promise<T>): Promise<T> {
  // Node runs the sources as they are, so that their positions are right already. The SDK has each frame of each
  // resource's stack looked up in source maps all the same, which is a tenth of an `up` that changes nothing.
  Reflect.deleteProperty(Error, "prepareStackTrace");
  try {
    return await program();
  } catch (error) {
    if (error instanceof AccessError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
