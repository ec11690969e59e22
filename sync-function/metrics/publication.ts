import { readFileSync } from "node:fs";
import { AccessError, messageOf } from "../errors.ts";
import { writeAtomically } from "../state/file-store.ts";
import { pushMetrics } from "./pushgateway.ts";
import { type MetricsRegistry, parseSeries, type Series } from "./registry.ts";

export interface PublicationOptions {
  /** Below the folder that the node exporter's textfile collector reads. */
  readonly file: string | undefined;
  readonly pushgatewayUrl: string | undefined;
  /** Label `instance` of what is pushed. */
  readonly instance: string;
}

/** @throws AccessError `usage` for a name that the collector does not read, or an address that is none */
export function checkPublication({ file, pushgatewayUrl }: Pick<PublicationOptions, "file" | "pushgatewayUrl">): void {
  if (file !== undefined && !file.endsWith(".prom")) {
    throw new AccessError(
      "usage",
      `METRICS_FILE is "${file}"; the textfile collector reads only names that end in .prom`,
    );
  }
  const protocol = pushgatewayUrl === undefined ? "http:" : URL.parse(pushgatewayUrl)?.protocol;
  if (protocol !== "http:" && protocol !== "https:") {
    // The value is not repeated: it may hold a password.
    throw new AccessError("usage", "PUSHGATEWAY_URL is no address; write http:// or https:// and a host");
  }
}

/** Figures of the run before, as the file has them; none where there is no such file yet. */
export function publishedSeries(file: string | undefined): Series {
  if (file === undefined) return {};
  try {
    return parseSeries(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/**
 * Hands the figures to whoever collects them.
 *
 * @returns what went wrong: nothing of it makes a run fail
 */
export async function publish(registry: MetricsRegistry, options: PublicationOptions): Promise<readonly string[]> {
  const { file, pushgatewayUrl, instance } = options;
  const text = registry.text();
  const problems: string[] = [];
  if (file !== undefined) {
    try {
      // The collector runs as another user.
      await writeAtomically(file, text, 0o644);
    } catch (error) {
      problems.push(`METRICS_FILE ${file} could not be written (${messageOf(error)}); mount a volume there`);
    }
  }
  if (pushgatewayUrl !== undefined) {
    const problem = await pushMetrics(text, { url: pushgatewayUrl, instance });
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}
