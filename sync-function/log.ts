import { type Logger, pino } from "pino";
import type { Configuration } from "./configuration.ts";

export type { Logger };

/** Fields that never reach a log, wherever an object that is logged has them. */
const SECRET_FIELDS = ["authorization", "clientSecret", "secretKey", "adminApiKey", "access_token", "password"];

/** JSON lines on standard error, written at once: a pod that ends loses nothing, and standard output is for results. */
export function createLog(level: Configuration["logLevel"]): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  return pino(
    { name: "langfuse-access", level, redact: { paths, censor: "[redacted]" }, base: null },
    pino.destination({ fd: 2, sync: true }),
  );
}
