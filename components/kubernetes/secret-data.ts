import * as pulumi from "@pulumi/pulumi";

/**
 * Values of a Secret as Kubernetes stores them. Unlike those of `stringData`, they are compared with what is there: an
 * unchanged Secret is no change, and one that somebody else wrote is not overwritten unasked.
 */
export function secretData(
  values: Readonly<Record<string, pulumi.Input<string>>>,
): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encoded(value)]));
}

function encoded(value: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(value).apply((text) => Buffer.from(text).toString("base64"));
}
