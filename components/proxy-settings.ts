import { z } from "zod";
import { LOGIN_MODES } from "#sync/proxy/login.ts";
import { dnsLabel } from "./dns-label.ts";

/** The login-time proxy, which stands before Langfuse and makes the role right at every login. */
export const proxySchema = z.strictObject({
  enabled: z.boolean().default(false),
  replicas: z.int().min(1).max(50).default(2),
  /** Milliseconds that a login may take longer. */
  budget: z.int().min(100).max(60_000).default(2_000),
  /** What happens when the role cannot be made sure in that time. */
  mode: z.enum(LOGIN_MODES).default("pass"),
  /** Milliseconds of silence after which an answer of Langfuse is given up. */
  timeout: z.int().min(1_000).max(3_600_000).default(120_000),
  /** MiB that a pod may use. */
  memory: z.int().min(128).max(8192).default(192),
  /** Namespaces that may reach it where `sync.networkPolicy` is on: the ingress' and Prometheus'; all by default. */
  namespaces: z.array(dnsLabel).default([]),
});
export type ProxySettings = z.output<typeof proxySchema>;

interface Surroundings {
  readonly proxy: ProxySettings;
  readonly langfuse: { readonly manage: boolean; readonly url: string; readonly internalUrl?: string | undefined };
}

/** What the schema cannot say about one key alone. */
export function proxyContradictions({ proxy, langfuse: { manage, url, internalUrl } }: Surroundings): string[] {
  if (!proxy.enabled) return [];
  return [
    ...(manage ? [] : ["proxy.enabled needs the role sync, which langfuse.manage: false leaves out: set one of them"]),
    ...(internalUrl !== undefined && internalUrl !== url
      ? []
      : [
          "proxy.enabled needs an address of Langfuse behind the proxy, since langfuse.url is to lead to the proxy: set langfuse.internalUrl to that of Langfuse's Service",
        ]),
  ];
}
