import type { Remedy } from "../http/failure.ts";

/** What to do about refusals of Langfuse that its own message does not explain. */
export const langfuseRemedy: Remedy = (status, message) => {
  if (status === 403 && /plan/i.test(message)) {
    return "this needs the enterprise licence of self-hosted Langfuse (LANGFUSE_EE_LICENSE_KEY), or Cloud Team or Enterprise";
  }
  if (status === 403 && /organization-scoped/i.test(message)) {
    return "use a key of the organization, not of a project";
  }
  if (status === 403 && /owner/i.test(message)) return "make somebody else an owner first";
  if (status === 403 && message.includes("ADMIN_API_KEY")) return "set ADMIN_API_KEY on the Langfuse server";
  if (status === 401) {
    return "check that the key is of this server and this organization; a key made a moment ago may be refused for up to five minutes where it was tried before it existed";
  }
  return undefined;
};
