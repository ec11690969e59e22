import { createHash } from "node:crypto";
import path from "node:path";
import { AccessError } from "../errors.ts";
import { kubernetesAccess } from "../kubernetes/access.ts";
import { createKubernetesClient } from "../kubernetes/client.ts";
import { configMapStore } from "./config-map-store.ts";
import { fileStore } from "./file-store.ts";
import type { StateStore } from "./store.ts";

export interface ChosenState {
  readonly store: StateStore;
  /** Whether somebody asked for it: a default that cannot be written is no error. */
  readonly isConfigured: boolean;
}

/**
 * @param target what is written to; runs with other targets have states of their own
 * @param shard how the name of this Job is told from those it shares the work with; default empty
 * @returns undefined where nothing is configured and nothing can be kept
 * @throws AccessError `usage` when the configuration contradicts itself
 */
export function chooseState(
  environment: Readonly<Record<string, string | undefined>>,
  target: string,
  shard = "",
): ChosenState | undefined {
  const { STATE_FILE: file, STATE_CONFIG_MAP: configMap } = environment;
  if (file && configMap)
    throw new AccessError("usage", "STATE_FILE and STATE_CONFIG_MAP are both set; keep one of them");
  if (file) return { store: fileStore(`${file}${shard}`), isConfigured: true };
  if (configMap) return { store: inCluster(environment, `${configMap}${shard.replace(".", "-")}`), isConfigured: true };
  if (environment.KUBERNETES_SERVICE_HOST) return undefined;
  const home = environment.XDG_STATE_HOME || (environment.HOME && path.join(environment.HOME, ".local", "state"));
  if (!home) return undefined;
  const key = createHash("sha256").update(`${target}${shard}`).digest("hex").slice(0, 16);
  return { store: fileStore(path.join(home, "langfuse-access", `${key}.json`), "state file"), isConfigured: false };
}

function inCluster(environment: Readonly<Record<string, string | undefined>>, configMap: string): StateStore {
  const access = kubernetesAccess(environment);
  if (access === undefined) {
    throw new AccessError(
      "usage",
      `STATE_CONFIG_MAP is "${configMap}", but this is no pod; set KUBERNETES_API_URL and KUBERNETES_TOKEN, or use STATE_FILE`,
    );
  }
  const [namespace, name] = configMap.includes("/") ? configMap.split("/") : [access.namespace, configMap];
  return configMapStore(createKubernetesClient(access), { namespace: namespace ?? "", name: name ?? "" });
}
