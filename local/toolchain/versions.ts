import keycloak from "@pulumi/keycloak/package.json" with { type: "json" };
import kubernetes from "@pulumi/kubernetes/package.json" with { type: "json" };
import pulumi from "@pulumi/pulumi/package.json" with { type: "json" };
import random from "@pulumi/random/package.json" with { type: "json" };

/**
 * Versions of everything that is not an npm package. The engine looks for a resource plugin of exactly the npm
 * package's version, so those are read from the packages.
 */
export const versions = {
  /** The CLI that is downloaded: the one released with the SDK. */
  pulumi: pulumi.version,
  /** The newest CLI that shares one Go module with the plugins; the SDK negotiates features, so it may be older. */
  pulumiFromModules: "3.224.0",
  /** The oldest installed CLI that is taken: it knows `requiredPulumiVersion` and every SDK feature used here. */
  pulumiMinimum: "3.224.0",
  plugins: { kubernetes: kubernetes.version, keycloak: keycloak.version, random: random.version },
  /** The newest release whose modules the checksum database covers and that containerd 1.6 serves. */
  kubernetes: "1.35.4",
  etcd: "3.6.5",
  /** What the `go` lines of the two modules ask for. */
  goMinimum: "1.26.0",
} as const;

export type PluginName = keyof typeof versions.plugins;
export const pluginNames = Object.keys(versions.plugins) as PluginName[];

/** True when `version` is at least `minimum`. The first dotted number of each counts: `v3.1`, `go1.26rc1`, `1.25.8 X:…`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const numbers = (text: string) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
  const have = numbers(version);
  const want = numbers(minimum);
  for (const [index, part] of want.entries()) {
    const own = have[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
