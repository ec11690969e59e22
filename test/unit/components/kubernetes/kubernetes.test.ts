import { describe, expect, it } from "vitest";
import { parseConfiguration } from "#components/configuration.ts";
import { namespaceName } from "#components/kubernetes/namespace.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { deploy, find, isSecretInput, resolved, revealed } from "../deployment.ts";
import { changedValues } from "../settings.ts";

describe("the namespace", () => {
  it("is created with the restricted standard enforced", async () => {
    const { result, resources } = await deploy(() => namespaceName({ namespace: "tools", createNamespace: true }, {}));
    expect(find(resources, "Namespace").inputs.metadata).toEqual({
      name: "tools",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    expect(await resolved(result)).toBe("tools");
  });

  it("of others is taken as it is", async () => {
    const { result, resources } = await deploy(() => namespaceName({ namespace: "tools", createNamespace: false }, {}));
    expect(resources).toEqual([]);
    expect(await resolved(result)).toBe("tools");
  });
});

describe("the providers", () => {
  const configured = (path = "protect", value: unknown = false) =>
    parseConfiguration("langfuse-access", changedValues(path, value));

  it.each([
    ["a client", configured(), "clientSecret"],
    ["a person", configured("keycloak.admin.username", "ann"), "password"],
  ])("sign in to Keycloak as %s with the secret in its place", async (_title, configuration, place) => {
    const { resources } = await deploy(() => keycloakProvider(configuration));
    const { inputs } = find(resources, "keycloak");
    expect(inputs).toMatchObject({ url: "https://keycloak.example.com", realm: "master", clientId: "admin-cli" });
    expect(isSecretInput(inputs[place])).toBe(true);
    expect(revealed(inputs[place])).toBe("hidden-keycloak-secret");
    expect("clientSecret" in inputs && "password" in inputs).toBe(false);
    expect(String(revealed(inputs.clientTimeout))).toBe("30");
  });

  it("change Secrets and ConfigMaps in place, of which there would be none for a moment otherwise", async () => {
    const { resources } = await deploy(() => kubernetesProvider(configured()));
    expect(find(resources, "kubernetes").inputs).toMatchObject({
      enableSecretMutable: "true",
      enableConfigMapMutable: "true",
    });
  });

  it("take the kubeconfig that is named, or the ambient one", async () => {
    const ambient = await deploy(() => kubernetesProvider(configured()));
    expect(find(ambient.resources, "kubernetes").inputs).not.toHaveProperty("kubeconfig");
    const values = configured("kubernetes", { kubeconfig: "/etc/kubeconfig", context: "production" });
    const named = await deploy(() => kubernetesProvider(values));
    expect(find(named.resources, "kubernetes").inputs).toMatchObject({
      kubeconfig: "/etc/kubeconfig",
      context: "production",
    });
  });
});
