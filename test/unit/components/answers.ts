import { AccessError } from "#sync/errors.ts";

/** What a client throws for an answer with this status. */
export const refusal = (status: number, message = "said the server"): AccessError =>
  new AccessError(status === 401 || status === 403 ? "unauthorised" : "unreachable", `${status}: ${message}`, {
    status,
  });

/** A call that must not happen. */
export const never = (): never => {
  throw new Error("this call was not expected");
};
