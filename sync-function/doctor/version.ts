import { type Finding, failure, info, ok, warning } from "./finding.ts";

const CHECK = "Langfuse version";

/** Newest version of Langfuse that this program was tried with. */
const TRIED = [4, 16, 0] as const;
/** SCIM PUT, by which roles are set, came with it. */
const OLDEST = [3, 90, 0] as const;
/** From here on SCIM keeps the last owner, writes audit rows and wants the enterprise licence. */
const RECOMMENDED = [3, 195, 0] as const;

/** @param version as the health endpoint tells it */
export function langfuseVersionFinding(version: string): Finding {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (parts === undefined) return info(CHECK, `"${version}" is not a version that can be compared`);
  if (compareVersions(parts, OLDEST) < 0) {
    return failure(
      CHECK,
      `${version} cannot set roles through SCIM`,
      `update Langfuse to ${RECOMMENDED.join(".")} or newer`,
    );
  }
  if (compareVersions(parts, RECOMMENDED) < 0) {
    return warning(
      CHECK,
      `${version} does not protect the last owner or does not write audit rows for role changes`,
      `update Langfuse to ${RECOMMENDED.join(".")} or newer`,
    );
  }
  if (compareVersions(parts.slice(0, 2), TRIED.slice(0, 2)) > 0) {
    return info(CHECK, `${version} is newer than ${TRIED.join(".")}, with which this program was tried last`);
  }
  return ok(CHECK, version);
}

/** Negative when `left` is older. */
export function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (const [index, part] of left.entries()) {
    const difference = part - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
