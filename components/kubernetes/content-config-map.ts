import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface ContentConfigMapArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the file in it. */
  readonly file: string;
  readonly content: pulumi.Input<string>;
  /** Differs whenever the content does, and is known before anything is declared. */
  readonly version: string;
}

/**
 * An immutable ConfigMap with one file, whose name carries the content's hash: other content is another object, so that
 * a pod in flight never sees other content than it started with.
 *
 * It is another resource too. A resource that is replaced under an unfinished `up`, and then back, would delete the object
 * that it has just made again: the one that was about to go has the same name.
 */
export function contentConfigMap(
  name: string,
  { namespace, labels, file, content, version }: ContentConfigMapArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  const hash = pulumi.output(content).apply(shortHash);
  return new kubernetes.core.v1.ConfigMap(
    `${name}-${shortHash(version)}`,
    {
      metadata: { name: pulumi.interpolate`${name}-${hash}`, namespace, labels },
      immutable: true,
      data: { [file]: content },
    },
    options,
  );
}

/** Ten hexadecimal digits of SHA-256: enough to tell versions of one thing apart. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
