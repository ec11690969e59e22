import { readFileSync } from "node:fs";
import { AccessError, messageOf } from "../errors.ts";

/** How to reach the API server of the cluster, and as whom. */
export interface KubernetesAccess {
  readonly url: string;
  /** Asked for each request: the kubelet replaces the token in its file while a pod lives. */
  readonly token: () => string;
  /** Certificate in PEM that signs the server's; undefined for those that the system trusts. */
  readonly certificateAuthority: string | undefined;
  /** Where the objects of the sync lie unless they name another namespace. */
  readonly namespace: string;
}

/** Where the kubelet puts the credentials of a pod's service account. */
const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `KUBERNETES_API_URL`, `KUBERNETES_TOKEN` (or `_FILE`), `KUBERNETES_CA_FILE` and `KUBERNETES_NAMESPACE`; what is
 * not set comes from the pod's service account.
 *
 * @returns undefined outside a pod without those variables
 * @throws AccessError `usage` when a file cannot be read
 */
export function kubernetesAccess(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): KubernetesAccess | undefined {
  const url = environment.KUBERNETES_API_URL || inClusterUrl(environment);
  if (url === undefined) return undefined;
  const read = (variable: string, path: string) => {
    try {
      return readFile(path).trim();
    } catch (error) {
      throw new AccessError(
        "usage",
        `${path} cannot be read (${messageOf(error)}); mount the token of the service account (automountServiceAccountToken: true), or set ${variable}`,
      );
    }
  };
  const ownServer = Boolean(environment.KUBERNETES_API_URL);
  const authorityFile = environment.KUBERNETES_CA_FILE || (ownServer ? undefined : `${ACCOUNT_FOLDER}/ca.crt`);
  return {
    url: url.replace(/\/+$/, ""),
    token: () =>
      environment.KUBERNETES_TOKEN ||
      read("KUBERNETES_TOKEN", environment.KUBERNETES_TOKEN_FILE || `${ACCOUNT_FOLDER}/token`),
    certificateAuthority: authorityFile && read("KUBERNETES_CA_FILE", authorityFile),
    namespace:
      environment.KUBERNETES_NAMESPACE ||
      (ownServer ? "default" : read("KUBERNETES_NAMESPACE", `${ACCOUNT_FOLDER}/namespace`)),
  };
}

function inClusterUrl({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }: Environment) {
  if (!host) return undefined;
  return `https://${host.includes(":") ? `[${host}]` : host}:${port || 443}`;
}
