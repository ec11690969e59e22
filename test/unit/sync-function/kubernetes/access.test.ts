import { expect, it } from "vitest";
import { kubernetesAccess } from "#sync/kubernetes/access.ts";

const files: Readonly<Record<string, string>> = {
  "/var/run/secrets/kubernetes.io/serviceaccount/token": "account-token\n",
  "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt": "certificate",
  "/var/run/secrets/kubernetes.io/serviceaccount/namespace": "langfuse",
};
const read = (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error("no such file");
  return text;
};

it("a pod uses its service account", () => {
  const access = kubernetesAccess({ KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" }, read);
  expect(access).toMatchObject({ url: "https://[fd00::1]:6443", certificateAuthority: "certificate" });
  expect(access?.token()).toBe("account-token");
  expect(access?.namespace).toBe("langfuse");
});

it("variables win over the pod's own account", () => {
  const access = kubernetesAccess(
    {
      KUBERNETES_SERVICE_HOST: "10.0.0.1",
      KUBERNETES_API_URL: "https://127.0.0.1:6443/",
      KUBERNETES_TOKEN: "token",
      KUBERNETES_NAMESPACE: "sync",
    },
    read,
  );
  expect(access).toMatchObject({ url: "https://127.0.0.1:6443", certificateAuthority: undefined, namespace: "sync" });
  expect(access?.token()).toBe("token");
});

it("elsewhere there is no cluster", () => {
  expect(kubernetesAccess({}, read)).toBeUndefined();
});

it("a token that is not mounted is named with its remedy", () => {
  const access = () => kubernetesAccess({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, () => read("/nothing"));
  expect(access).toThrow("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt cannot be read (no such file)");
});
