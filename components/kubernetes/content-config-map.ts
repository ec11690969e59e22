import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface ContentConfigMapArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the file in it. */
  readonly file: string;
  readonly content: pulumi.Input<string>;
}

/**
 * An immutable ConfigMap with one file, whose name carries the content's hash: other content is another object, so that
 * a pod in flight never sees other content than it started with.
 */
export function contentConfigMap(
  resource: string,
  name: string,
  { namespace, labels, file, content }: ContentConfigMapArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  const ownName =
    typeof content === "string"
      ? hashedName(name, content)
      : pulumi.output(content).apply((text) => hashedName(name, text));
  return new kubernetes.core.v1.ConfigMap(
    resource,
    { metadata: { name: ownName, namespace, labels }, immutable: true, data: { [file]: content } },
    options,
  );
}

function hashedName(name: string, content: string): string {
  return `${name}-${createHash("sha256").update(content).digest("hex").slice(0, 10)}`;
}
