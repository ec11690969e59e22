import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readConfiguration } from "../configuration.ts";
import { messageOf } from "../errors.ts";
import { createKeycloakClient } from "../keycloak/client.ts";
import { createLog } from "../log.ts";
import { outOfService, toldToStop } from "../serve/ending.ts";
import { listen } from "../serve/listener.ts";
import { answerOperations, OPERATION_PATHS } from "../serve/operations.ts";
import { Admission } from "../webhook/admission.ts";
import { webhookConfiguration } from "../webhook/configuration.ts";
import { createWebhookFigures } from "../webhook/figures.ts";
import { HintQueue } from "../webhook/hint-queue.ts";
import { isStuck } from "../webhook/liveness.ts";
import { createReceiver } from "../webhook/receiver.ts";
import { createWorker } from "../webhook/worker.ts";
import type { Command } from "./context.ts";
import { LONGEST_RUN, webhookRuns } from "./webhook-runs.ts";

/** Milliseconds. A pod is killed 60 s after it is told to end. */
const LAST_RUNS = 15_000;
const LAST_REQUESTS = 2_000;
/** Milliseconds between attempts to read both sides for the first time. */
const FIRST_READ_PAUSE = 2_000;

/**
 * Who is slower than this sends nothing that is worth waiting for; in milliseconds. A process that stood still looks at its
 * clock before it reads what has come meanwhile, and would take its own time for theirs.
 */
export const LIMITS = { headersTimeout: 20_000, requestTimeout: 20_000, connectionsCheckingInterval: 1_000 } as const;
/** A burst of events comes over as many connections, and one that is turned away is an event that is lost. */
export const MOST_CONNECTIONS = 1_024;

export const serveWebhook: Command = async (surroundings, { json }) => {
  const { environment, print, stop } = surroundings;
  const configuration = readConfiguration(environment);
  const { port: wanted, ...credentials } = webhookConfiguration(environment);
  const log = createLog(configuration.logLevel);
  const figures = createWebhookFigures(new Date());
  const queue = new HintQueue();
  const { of: shards } = configuration.shard;
  const runs = webhookRuns(surroundings, shards, log);
  const admission = new Admission(configuration.keycloak.realm);
  // The date may be set back, and what waits would wait until it has caught up.
  const now = () => performance.now();
  const worker = createWorker(queue, runs, {
    log,
    now,
    onRun: figures.countRun,
    onLeft: (reason, hints) => {
      figures.countLeft(reason, hints);
      log.warn({ reason, hints }, "hints are left to the next run about everybody");
    },
  });

  let isReady = false;
  const takesEvents = () => isReady && !stop.aborted;
  const operations = answerOperations({
    isAlive: () => {
      const stuck = isStuck(worker.progress(), now(), shards * LONGEST_RUN);
      if (stuck) log.error({ waiting: queue.size }, "the webhook is stuck and has to be started again");
      return !stuck;
    },
    isReady: takesEvents,
    metrics: () => {
      const at = now();
      const oldest = at - (queue.waitingSince() ?? at);
      return figures.text({ isReady: takesEvents(), waiting: queue.size, oldest });
    },
  });
  const receiver = createReceiver({
    credentials,
    accept: (body) => {
      const admitted = admission.admit(body, Date.now());
      if (admitted === undefined) return false;
      figures.countRequest(admitted.outcome);
      if (admitted.outcome === "accepted") worker.hint(admitted.hint);
      if (admitted.outcome === "old") log.warn("an event is older than an hour and was ignored; compare the clocks");
      return true;
    },
    onRefusal: (status) => {
      figures.countRequest(status);
      log.warn({ status }, "request refused");
    },
  });
  const server = createServer(LIMITS, (request, response) => {
    const isOperation = OPERATION_PATHS.includes(request.url?.split("?", 1)[0] ?? "");
    return (isOperation ? operations : receiver)(request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("drop", () => figures.countRequest("dropped"));
  const listener = await listen(server, wanted, "WEBHOOK_PORT");
  const { port } = listener;
  log.info({ port }, "listening");
  print(json ? JSON.stringify({ command: "serve webhook", port }) : `listening on port ${port} for POST /webhook`);

  /** It is ready when it has read both sides; this also opens the connections that the first event would wait for. */
  const warmUp = async () => {
    while (!isReady && !stop.aborted) {
      try {
        // Read anew: what is wrong may be a secret, and is corrected then.
        const keycloak = createKeycloakClient({ ...readConfiguration(environment).keycloak, signal: stop });
        admission.realmId = await keycloak.realmId();
        await runs.people({ ids: new Set(), emails: new Set() }, { stop, isLikely: false });
        isReady = true;
        log.info("ready");
      } catch (error) {
        log.warn({ reason: messageOf(error) }, "not ready");
        await sleep(FIRST_READ_PAUSE, undefined, { signal: stop }).catch(() => {});
      }
    }
  };
  const warm = warmUp();
  await toldToStop(stop);
  log.info({ waiting: queue.size }, "ending");
  await warm;
  await outOfService(environment);
  await listener.close(LAST_REQUESTS);
  await worker.drain(LAST_RUNS);
  return 0;
};
