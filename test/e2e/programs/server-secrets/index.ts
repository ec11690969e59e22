import * as kubernetes from "@pulumi/kubernetes";
import { LangfuseSecrets } from "#components/langfuse/secrets.ts";
import { serverSettingsSchema } from "#components/langfuse/server-settings.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { stackValues } from "#components/stack-values.ts";

const { server = "{}", kubeconfig = "", namespace = "" } = stackValues();
const { existingSecret, sessions } = serverSettingsSchema.parse(JSON.parse(server));

export default () =>
  withReadableErrors(async () => {
    const changeable = { enableSecretMutable: true, enableConfigMapMutable: true };
    const provider = new kubernetes.Provider("kubernetes", { kubeconfig, enableServerSideApply: true, ...changeable });
    const secrets = new LangfuseSecrets(
      "langfuse-secrets",
      {
        namespace,
        ...(existingSecret ? { existingSecret } : {}),
        sessionGeneration: sessions.generation,
        plain: { AUTH_DISABLE_SIGNUP: "false" },
        secret: {},
        protect: false,
      },
      { provider },
    );
    return { checksum: secrets.checksum, helmValues: secrets.helmValues };
  });
