import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import type { Command } from "./context.ts";

/** Servers that `serve` can be, each loaded when it is asked for. */
const SERVERS: Readonly<Record<string, () => Promise<Command>>> = {
  webhook: async () => (await import("./serve-webhook.ts")).serveWebhook,
  proxy: async () => (await import("./serve-proxy.ts")).serveProxy,
};

/** Runs until it is told to stop. */
export const serveCommand: Command = async (surroundings, options) => {
  const [name = ""] = options.operands;
  const load = Object.hasOwn(SERVERS, name) ? SERVERS[name] : undefined;
  if (load !== undefined) return await (await load())(surroundings, options);
  const names = Object.keys(SERVERS);
  throw new AccessError("usage", `serve has no "${name}"${suggestion(name, names)}; use ${names.join(" or ")}`);
};
