import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds until the cluster sends no more requests to a pod that is not ready. */
const SPREADING = 5_000;

/** Waits until the process is told to stop. */
export async function toldToStop(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, "abort");
}

/** Waits until nobody sends requests any more; outside of a cluster nobody has to hear of it first. */
export async function outOfService(environment: {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
}): Promise<void> {
  if (environment.KUBERNETES_SERVICE_HOST) await sleep(SPREADING);
}
