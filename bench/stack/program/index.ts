import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { parseConfiguration } from "#components/configuration.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { stackValues } from "#components/stack-values.ts";

const configuration = parseConfiguration(pulumi.getProject(), stackValues());
keycloakProvider(configuration);
kubernetesProvider(configuration);
new random.Provider("random");
