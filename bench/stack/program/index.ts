import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { parseConfiguration } from "#components/configuration.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { stackValues } from "#components/stack-values.ts";

/** The dynamic provider is one of the program's too, and the engine starts it for a resource only. */
class Nothing extends pulumi.dynamic.Resource {
  constructor(name: string) {
    super({ create: async () => ({ id: name }) }, name, {}, undefined, "bench", "Nothing");
  }
}

const configuration = parseConfiguration(pulumi.getProject(), stackValues());
keycloakProvider(configuration);
kubernetesProvider(configuration);
new random.Provider("random");
new Nothing("nothing");
