import { json } from "../http/reply.ts";
import type { Route } from "../http/routing.ts";

/** The version this stand-in answers like. */
export const VERSION = "4.16.0";

/** Any method and any credentials will do. */
export const healthRoutes: readonly Route[] = ["/api/public/health", "/api/public/ready"].map((path) => ({
  path,
  handle: () => json(200, { status: "OK", version: VERSION }),
}));
