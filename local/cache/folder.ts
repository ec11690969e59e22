import { homedir } from "node:os";
import path from "node:path";

/**
 * Where finished tools are kept between runs, outside every working tree. `LANGFUSE_ACCESS_CACHE` names another place;
 * otherwise the platform's cache folder (`XDG_CACHE_HOME`, `~/Library/Caches`, `~/.cache`).
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.LANGFUSE_ACCESS_CACHE) return path.resolve(environment.LANGFUSE_ACCESS_CACHE);
  const base =
    environment.XDG_CACHE_HOME ||
    (process.platform === "darwin" ? path.join(homedir(), "Library", "Caches") : path.join(homedir(), ".cache"));
  return path.join(base, "langfuse-access");
}
