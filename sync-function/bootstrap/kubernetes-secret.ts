import * as z from "zod";
import { pathSegment } from "../http/path.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { SecretStore } from "./secret-store.ts";

const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** A Secret of the cluster; the service account needs the verbs `get` and `create` on `secrets` of the namespace. */
export function kubernetesSecret(
  client: Pick<KubernetesClient, "read" | "create">,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): SecretStore {
  const collection = `/api/v1/namespaces/${pathSegment(namespace)}/secrets`;
  return {
    title: `${namespace}/${name}`,
    read: async () => {
      const found = await client.read(`${collection}/${pathSegment(name)}`, secret);
      return found && mapValues(found.data, (value) => Buffer.from(value, "base64").toString("utf8"));
    },
    create: async (data) => {
      const body = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name,
          labels: {
            "app.kubernetes.io/name": "langfuse-role-sync",
            "app.kubernetes.io/part-of": "langfuse-access",
            "app.kubernetes.io/managed-by": "langfuse-access-bootstrap",
          },
        },
        type: "Opaque",
        data: mapValues(data, (value) => Buffer.from(value).toString("base64")),
      };
      return (await client.create(collection, body, z.unknown())) !== undefined;
    },
  };
}

function mapValues(data: Readonly<Record<string, string>>, convert: (value: string) => string) {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, convert(value)]));
}
