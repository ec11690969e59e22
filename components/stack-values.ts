import * as pulumi from "@pulumi/pulumi";

/** This project's own keys of the stack configuration, secrets decrypted, objects still as JSON text. */
export function stackValues(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}
