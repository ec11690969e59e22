import { bootstrapKey } from "../bootstrap/bootstrap.ts";
import { bootstrapConfiguration } from "../bootstrap/configuration.ts";
import { kubernetesSecret } from "../bootstrap/kubernetes-secret.ts";
import { AccessError } from "../errors.ts";
import { kubernetesAccess } from "../kubernetes/access.ts";
import { createKubernetesClient } from "../kubernetes/client.ts";
import { createLangfuseAdminClient } from "../langfuse/admin-client.ts";
import type { Command } from "./context.ts";

export const bootstrapCommand: Command = async ({ environment, print, stop }, { json }) => {
  const { langfuseUrl, organizationId, adminApiKey, secretName } = bootstrapConfiguration(environment);
  const access = kubernetesAccess(environment);
  if (access === undefined) {
    throw new AccessError(
      "usage",
      "bootstrap writes into a cluster and is not in one; run it as a Job, or set KUBERNETES_API_URL, KUBERNETES_TOKEN and KUBERNETES_CA_FILE",
    );
  }
  const secret = kubernetesSecret(createKubernetesClient(access, stop), {
    namespace: access.namespace,
    name: secretName,
  });
  const client = createLangfuseAdminClient({ url: langfuseUrl, adminApiKey });
  const result = await bootstrapKey(organizationId, secret, client);
  if (json) {
    print(JSON.stringify({ command: "bootstrap", exitCode: 0, ...result }));
    return 0;
  }
  const { outcome, publicKey, removed } = result;
  const head =
    outcome === "created"
      ? `made organization key ${publicKey} and put it into`
      : `organization key ${publicKey} is in`;
  const tail = removed.length > 0 ? `; removed what earlier runs left: ${removed.join(", ")}` : "";
  print(`Bootstrap: ${head} Secret ${result.secret}${tail}`);
  return 0;
};
