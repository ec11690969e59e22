import { describe, expect, it } from "vitest";
import { egressTo } from "#components/kubernetes/sync-network-policy.ts";
import { find } from "../deployment.ts";
import { declare, labels } from "./sync-declaration.ts";

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

describe("the network policy of the sync", () => {
  it("reaches the configured servers only, when asked, and nobody reaches it", async () => {
    expect((await declare()).resources.filter(({ type }) => type.endsWith(":NetworkPolicy"))).toEqual([]);
    const { resources } = await declare({ networkPolicy: { enabled: true, apiServers: ["10.0.0.1/32"] } });
    const tcp = (port: number) => ({ protocol: "TCP", port });
    expect(find(resources, "NetworkPolicy").inputs.spec).toEqual({
      podSelector: { matchLabels: labels },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [
        { ports: [{ protocol: "UDP", port: 53 }, tcp(53)] },
        { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [tcp(443), tcp(6443)] },
        { to: [{ ipBlock: { cidr: "10.0.0.9/32" } }], ports: [tcp(8080)] },
        { ports: [tcp(443)] },
        { to: [inNamespace("lf")] },
      ],
    });
    expect(find(resources, "CronJob").dependsOn).toContain("sync-network-policy");
  });

  it.each([
    { address: "http://keycloak:8080", expected: { to: [{ podSelector: {} }] } },
    { address: "http://a.example.com", expected: { ports: [{ protocol: "TCP", port: 80 }] } },
    { address: "https://keycloak.identity.svc.cluster.local", expected: { to: [inNamespace("identity")] } },
  ])("reaches $address by what a policy can know of it", ({ address, expected }) => {
    expect(egressTo(address)).toEqual(expected);
  });
});
