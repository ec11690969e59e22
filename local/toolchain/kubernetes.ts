import { buildExecutable } from "./go-modules.ts";
import { fetchPart, findKept, type Recipe, type Source } from "./source.ts";
import { versions } from "./versions.ts";

/** One executable with every component of a cluster, and the pause process of its pods; nobody publishes it, so it is built. */
const cluster: Recipe = {
  name: "kubernetes",
  build: {
    version: versions.kubernetes,
    async produce(folder, note) {
      await buildExecutable("kubernetes", folder, note);
      await buildExecutable("pause", folder, note);
    },
  },
};

export const kubernetesSource: Source = {
  name: cluster.name,
  version: versions.kubernetes,
  find: () => findKept(cluster),
  ensure: async (note) => (await findKept(cluster)) ?? (await fetchPart(cluster, note)),
};
