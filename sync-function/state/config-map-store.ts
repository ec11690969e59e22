import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { AccessError, messageOf } from "../errors.ts";
import { pathSegment } from "../http/path.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { StateStore } from "./store.ts";

const configMap = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
  /** In base64. */
  binaryData: z.record(z.string(), z.string()).default({}),
});
type ConfigMap = z.output<typeof configMap>;

const KEY = "state.json";
const COMPRESSED_KEY = "state.json.gz";

/** In bytes. Up to here the state is kept as a text that people can read. */
const LARGEST_TEXT = 400_000;

/** In bytes. A ConfigMap holds 1 MiB with everything in it: some 25,000 members, each of whom takes 40. */
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
    const content = contentOf(text, known, title);
    const head = { apiVersion: "v1", kind: "ConfigMap" };
    return known === undefined
      ? client.create(collection, { ...head, metadata: { name }, ...content }, configMap)
      : client.replace(path, { ...head, metadata: known.metadata, ...content }, configMap);
  };
  return {
    title,
    read: async () => {
      known = await client.read(path, configMap);
      return known && textIn(known, title);
    },
    write: async (text) => {
      const written = await put(text);
      if (written !== undefined) {
        known = written;
        return;
      }
      const current = await client.read(path, configMap);
      // The answer to our own request may have been lost, and its repetition refused.
      if (current === undefined || textIn(current, title) !== text) {
        throw new AccessError(
          "refused",
          `${title} was changed by somebody else during the run; keep runs apart with LEASE_NAME, and run again`,
        );
      }
      known = current;
    },
  };
}

/** Other keys are somebody else's and stay. */
function contentOf(text: string, known: ConfigMap | undefined, title: string): Pick<ConfigMap, "data" | "binaryData"> {
  const { [KEY]: _text, ...data } = known?.data ?? {};
  const { [COMPRESSED_KEY]: _compressed, ...binaryData } = known?.binaryData ?? {};
  if (Buffer.byteLength(text) <= LARGEST_TEXT) return { data: { ...data, [KEY]: text }, binaryData };
  const bytes = gzipSync(text);
  if (bytes.length > LARGEST) {
    throw new AccessError(
      "usage",
      `${title} cannot hold the state of ${bytes.length} bytes; use STATE_FILE on a volume, or more SHARDS`,
    );
  }
  return { data, binaryData: { ...binaryData, [COMPRESSED_KEY]: bytes.toString("base64") } };
}

function textIn({ data, binaryData }: ConfigMap, title: string): string | undefined {
  const compressed = binaryData[COMPRESSED_KEY];
  if (compressed === undefined) return data[KEY];
  try {
    return gunzipSync(Buffer.from(compressed, "base64")).toString("utf8");
  } catch (error) {
    throw new AccessError(
      "incomplete",
      `${title} holds no state that can be read (${messageOf(error)}); delete its key ${COMPRESSED_KEY} to begin anew`,
    );
  }
}
