import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";
import type { LangfuseSecretsArgs } from "./langfuse/secrets.ts";
import { clientSecretVariable, type OwnIds, plainEnvironment } from "./langfuse/server-environment.ts";
import { type SignIn, signInOf } from "./langfuse/sign-in.ts";

/**
 * What the Langfuse server is set up with, from the configuration and from what the stack declares.
 *
 * @param own what default access is given in where the settings name nothing else; undefined when nothing is declared
 * @param inKeycloak provider that reads the client's secret where the configuration has none
 */
export function serverSetup(
  configuration: Configuration,
  own: OwnIds<pulumi.Output<string>> | undefined,
  inKeycloak: pulumi.InvokeOptions,
): Omit<LangfuseSecretsArgs, "namespace"> {
  const { langfuse, secrets, protect } = configuration;
  const { server } = langfuse;
  const signIn = signInOf(server, configuration);
  return {
    ...(server.existingSecret ? { existingSecret: server.existingSecret } : {}),
    sessionGeneration: server.sessions.generation,
    plain: plainEnvironment<pulumi.Output<string>>(
      server.publicUrl ?? langfuse.url,
      signIn,
      server,
      own ?? { organizationId: undefined, projectId: undefined },
    ),
    secret: {
      ...secretOf("ADMIN_API_KEY", secrets.langfuseAdminApiKey),
      ...clientSecret(signIn, configuration, inKeycloak),
      ...secretOf("LANGFUSE_INIT_USER_PASSWORD", secrets.langfuseInitUserPassword),
      ...secretOf("LANGFUSE_INIT_PROJECT_SECRET_KEY", secrets.langfuseInitProjectSecretKey),
    },
    protect,
  };
}

function secretOf(variable: string, value: string | undefined): Record<string, pulumi.Output<string>> {
  return value === undefined ? {} : { [variable]: pulumi.secret(value) };
}

/** The client belongs to others, who may have made its secret anew: unless it is given, the one it has now is read. */
function clientSecret(
  signIn: SignIn,
  { keycloak: { realm }, secrets }: Configuration,
  inKeycloak: pulumi.InvokeOptions,
): Record<string, pulumi.Output<string>> {
  const variable = clientSecretVariable(signIn);
  if (variable === undefined || signIn.provider === "none") return {};
  if (secrets.langfuseClientSecret !== undefined) return secretOf(variable, secrets.langfuseClientSecret);
  const { clientId } = signIn;
  const client = keycloak.openid.getClientOutput({ realmId: realm, clientId }, inKeycloak);
  const value = client.clientSecret.apply((secret) => {
    if (secret) return secret;
    throw new pulumi.RunError(
      `The client "${clientId}" of realm "${realm}" has no secret, and Langfuse cannot sign people in without one: turn on its client authentication in Keycloak, or set langfuse-access:langfuseClientSecret.`,
    );
  });
  return { [variable]: pulumi.secret(value) };
}
