import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "./content-config-map.ts";

export interface OneTimeJobArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly template: kubernetes.types.input.core.v1.PodTemplateSpec;
  /** Differs when it has to run again. */
  readonly version: string;
}

/** Longest that it may take, in seconds: nobody waits longer for an `up`. */
const DEADLINE = 240;

/**
 * A Job that runs once for each version. Pulumi waits for it, and an `up` in which it fails fails: what is wrong is found
 * then, and not by the schedule at night. The next `up` runs a failed one again.
 */
export function oneTimeJob(
  name: string,
  { namespace, labels, template, version }: OneTimeJobArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.batch.v1.Job {
  // A Job cannot be changed, and one of the same name cannot be made beside it.
  const ownName = `${name}-${shortHash(version)}`;
  return new kubernetes.batch.v1.Job(
    ownName,
    {
      metadata: { name: ownName, namespace, labels, annotations: { "pulumi.com/replaceUnready": "true" } },
      spec: { backoffLimit: 0, activeDeadlineSeconds: DEADLINE, template },
    },
    options,
  );
}
