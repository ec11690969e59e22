import { isIPv4 } from "node:net";
import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface SyncNetworkPolicyArgs {
  readonly namespace: pulumi.Input<string>;
  /** Of the pods it is about, and its own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Addresses of all servers that the pods talk to, besides the API server. */
  readonly addresses: readonly string[];
  /** Where the API server is, as CIDRs; anywhere if empty. */
  readonly apiServers: readonly string[];
}

type EgressRule = kubernetes.types.input.networking.v1.NetworkPolicyEgressRule;

/** Nobody reaches the pods of the sync, and they reach names, the API server and the configured servers only. */
export function syncNetworkPolicy(
  name: string,
  { namespace, labels, addresses, apiServers }: SyncNetworkPolicyArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.networking.v1.NetworkPolicy {
  const servers = new Map(addresses.map((address) => [JSON.stringify(egressTo(address)), egressTo(address)]));
  return new kubernetes.networking.v1.NetworkPolicy(
    `${name}-network-policy`,
    {
      metadata: { name, namespace, labels },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [DNS, apiServerAt(apiServers), ...servers.values()],
      },
    },
    options,
  );
}

/** Names are asked for wherever the cluster's own server is, which differs. */
const DNS: EgressRule = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** A policy sees the address behind the Service, whose port is usually 6443. */
function apiServerAt(cidrs: readonly string[]): EgressRule {
  return {
    ...(cidrs.length > 0 && { to: cidrs.map((cidr) => ({ ipBlock: { cidr } })) }),
    ports: [443, 6443].map((port) => ({ protocol: "TCP", port })),
  };
}

/**
 * A policy knows addresses and labels but no names. Of a Service it sees the pods behind, whose port need not be the
 * Service's, so that there the namespace is what limits; of a name elsewhere only the port is known.
 */
export function egressTo(address: string): EgressRule {
  const { hostname, port, protocol } = new URL(address);
  const ports = [{ protocol: "TCP", port: Number(port || (protocol === "https:" ? 443 : 80)) }];
  if (isIPv4(hostname)) return { to: [{ ipBlock: { cidr: `${hostname}/32` } }], ports };
  const [, namespace, kind] = hostname.split(".");
  if (namespace === undefined) return { to: [{ podSelector: {} }] };
  if (kind === "svc") {
    return { to: [podsOf(namespace)] };
  }
  return { ports };
}

/** All pods of a namespace, as a peer of a policy. */
export function podsOf(namespace: string) {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}
