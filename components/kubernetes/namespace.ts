import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** The namespace everything lives in, created with the strictest Pod Security Standard, or taken as it is. */
export function namespaceName(
  { namespace, createNamespace }: { readonly namespace: string; readonly createNamespace: boolean },
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  if (!createNamespace) return pulumi.output(namespace);
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return new kubernetes.core.v1.Namespace(namespace, { metadata: { name: namespace, labels } }, options).metadata.name;
}
