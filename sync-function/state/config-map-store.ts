import * as z from "zod";
import { AccessError } from "../errors.ts";
import { pathSegment } from "../http/path.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { StateStore } from "./store.ts";

const configMap = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});
type ConfigMap = z.output<typeof configMap>;

const KEY = "state.json";

/** A ConfigMap holds 1 MiB with everything in it. In bytes. */
const LARGEST = 1_000_000;

/**
 * A ConfigMap of the cluster; the service account needs the verbs `get`, `create` and `update` on `configmaps` of the
 * namespace. What somebody else wrote since it was read is not overwritten.
 */
export function configMapStore(
  client: Pick<KubernetesClient, "read" | "create" | "replace">,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): StateStore {
  const collection = `/api/v1/namespaces/${pathSegment(namespace)}/configmaps`;
  const path = `${collection}/${pathSegment(name)}`;
  const title = `ConfigMap ${namespace}/${name}`;
  let known: ConfigMap | undefined;
  const put = (text: string) => {
    const head = { apiVersion: "v1", kind: "ConfigMap" };
    return known === undefined
      ? client.create(collection, { ...head, metadata: { name }, data: { [KEY]: text } }, configMap)
      : client.replace(path, { ...head, metadata: known.metadata, data: { ...known.data, [KEY]: text } }, configMap);
  };
  return {
    title,
    read: async () => {
      known = await client.read(path, configMap);
      return known?.data[KEY];
    },
    write: async (text) => {
      if (Buffer.byteLength(text) > LARGEST) {
        throw new AccessError(
          "usage",
          `${title} cannot hold the state of ${Buffer.byteLength(text)} bytes; use STATE_FILE on a volume, or more SHARDS`,
        );
      }
      const written = await put(text);
      if (written !== undefined) {
        known = written;
        return;
      }
      const current = await client.read(path, configMap);
      // The answer to our own request may have been lost, and its repetition refused.
      if (current?.data[KEY] !== text) {
        throw new AccessError(
          "refused",
          `${title} was changed by somebody else during the run; keep runs apart with LEASE_NAME, and run again`,
        );
      }
      known = current;
    },
  };
}
