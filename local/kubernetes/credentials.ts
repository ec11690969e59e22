import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Authority, type KeyPair, signingKey } from "./certificate.ts";

/** Name of the cluster's only node, in the API and in its certificate. */
export const NODE_NAME = "node";

/** Who talks to the API server, by the name of the kubeconfig that lets them. */
const USERS = {
  admin: { user: "admin", group: "system:masters" },
  "controller-manager": { user: "system:kube-controller-manager", group: "" },
  scheduler: { user: "system:kube-scheduler", group: "" },
  kubelet: { user: `system:node:${NODE_NAME}`, group: "system:nodes" },
} as const;

type User = keyof typeof USERS;

/** Files under the instance folder that prove who is who. */
export interface Credentials {
  /** Path of a file in the folder of certificates and keys. */
  file(name: string): string;
  kubeconfig(user: User): string;
  readonly authority: string;
  readonly adminToken: string;
}

/**
 * Makes an authority, the certificates and tokens of every component and their kubeconfigs. `url` is where all of them
 * reach the API server; `addresses` are all the addresses the servers are known by.
 */
export async function createCredentials(
  folder: string,
  url: string,
  addresses: readonly string[],
): Promise<Credentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = new Authority("local-cluster");
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });
  const writePair = (name: string, pair: KeyPair) =>
    Promise.all([write(`${name}.crt`, pair.certificate), write(`${name}.key`, pair.key)]);
  const tokens = new Map<User, string>(
    Object.keys(USERS).map((user) => [user as User, randomBytes(24).toString("base64url")]),
  );
  const names = ["127.0.0.1", "localhost", "kubernetes.default.svc", ...addresses];
  await Promise.all([
    write("ca.crt", authority.certificate),
    write("service-accounts.key", signingKey()),
    writePair("apiserver", authority.issue({ commonName: "kube-apiserver", names })),
    writePair("kubelet", authority.issue({ commonName: USERS.kubelet.user, organisation: "system:nodes", names })),
    writePair(
      "apiserver-kubelet",
      authority.issue({ commonName: "apiserver-kubelet", organisation: "system:masters" }),
    ),
    writePair("front-proxy", authority.issue({ commonName: "front-proxy-client" })),
    write(
      "tokens.csv",
      [...tokens].map(([name, token]) => `${token},${USERS[name].user},${name},"${USERS[name].group}"\n`).join(""),
    ),
    ...[...tokens].map(([name, token]) =>
      write(`${name}.kubeconfig`, kubeconfigOf(url, authority.certificate, name, token)),
    ),
  ]);
  return {
    file: (name) => path.join(folder, name),
    kubeconfig: (user) => path.join(folder, `${user}.kubeconfig`),
    authority: authority.certificate,
    adminToken: tokens.get("admin") ?? "",
  };
}

/** Self-contained, so that its text alone is enough for a client; JSON is YAML. */
function kubeconfigOf(url: string, authority: string, user: string, token: string): string {
  const data = Buffer.from(authority).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "local", cluster: { server: url, "certificate-authority-data": data } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "local", context: { cluster: "local", user } }],
    "current-context": "local",
  });
}
