import { readConfiguration } from "../configuration.ts";
import { createLog } from "../log.ts";
import { readProxyConfiguration } from "../proxy/configuration.ts";
import { createProxyFigures } from "../proxy/figures.ts";
import { createLoginCheck } from "../proxy/login.ts";
import { createReverseProxy } from "../proxy/reverse-proxy.ts";
import { createWhoIs } from "../proxy/session.ts";
import { Upstream } from "../proxy/upstream.ts";
import { outOfService, toldToStop } from "../serve/ending.ts";
import { listen } from "../serve/listener.ts";
import { createOperations } from "../serve/operations.ts";
import type { Command } from "./context.ts";
import { loginRuns } from "./login-runs.ts";

/** Milliseconds for requests under way once the process is told to stop; a pod is killed 60 s after that. */
const GRACE = 20_000;

export const serveProxy: Command = async ({ environment, print, stop }, { json }) => {
  const configuration = readProxyConfiguration(environment);
  const { upstream: url, budget, mode, timeout } = configuration;
  const log = createLog(readConfiguration(environment).logLevel);
  const figures = createProxyFigures(new Date());
  const ending = new AbortController();
  const logins = createLoginCheck({
    whoIs: createWhoIs({ url, timeout: budget }),
    runs: loginRuns({ environment, print, stop: ending.signal }, url, log),
    budget,
    mode,
    log,
    stop: ending.signal,
    onEnd: figures.countLogin,
  });
  const upstream = new Upstream({ url, timeout });
  const proxy = createReverseProxy({
    upstream,
    timeout,
    onLogin: logins.admit,
    onEnd: ({ failure, ...request }) => {
      figures.countRequest(request.status);
      if (failure === undefined) log.debug(request, "passed on");
      else log.warn({ ...request, failure }, "not passed on");
    },
  });
  const operations = createOperations({ isReady: () => !stop.aborted, metrics: figures.text });
  const outer = await listen(proxy, configuration.port, "PROXY_PORT");
  const inner = await listen(operations, configuration.operationsPort, "PROXY_OPERATIONS_PORT");
  const ports = { port: outer.port, operationsPort: inner.port };
  log.info({ ...ports, upstream: url, budget, mode }, "listening");
  if (json) print(JSON.stringify({ command: "serve proxy", ...ports }));

  await toldToStop(stop);
  log.info({}, "told to stop");
  await outOfService(environment);
  await outer.close(GRACE);
  ending.abort();
  await logins.rest();
  await inner.close(0);
  upstream.close();
  return 0;
};
