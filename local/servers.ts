/** `npm run servers`: starts local servers, prints one JSON line when all are ready, and runs until it is told to end. */
import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { AccessError } from "#sync/errors.ts";
import { suggestion } from "#sync/nearest.ts";
import { runCommand } from "./command-line.ts";
import { KEYCLOAK_VERSION } from "./keycloak/distribution.ts";
import { startKeycloak } from "./keycloak/server.ts";
import { startCluster } from "./kubernetes/cluster.ts";
import { parseEnvironment } from "./langfuse/environment.ts";
import { PLANS, type Plan } from "./langfuse/plan.ts";
import { startLangfuse } from "./langfuse/server.ts";
import { ProcessGroup } from "./process/group.ts";
import { createProgress } from "./progress.ts";
import { kubernetesSource } from "./toolchain/kubernetes.ts";
import { ensurePart } from "./toolchain/toolchain.ts";

const usage = `Usage: npm run servers -- keycloak|langfuse|kubernetes … [options]

Starts the named servers on free ports and prints one line of JSON on standard output when all are ready. They run until
SIGTERM or Ctrl-C; whatever happens, nothing stays behind.

  --keycloak-port PORT       port of Keycloak (default: a free one)
  --keycloak-version VERSION version of Keycloak (default: ${KEYCLOAK_VERSION})
  --langfuse-port PORT       port of the Langfuse stand-in (default: a free one)
  --langfuse-plan PLAN       ${PLANS.join(", ")} (default: enterprise)
  --langfuse-file FILE       keep the stand-in's state in a file (default: memory)
  --langfuse-log FILE        append one JSON line per request: method, path, status, milliseconds
  --langfuse-no-admin-key    leave ADMIN_API_KEY unset
  --help                     this text

The stand-in reads the environment of the real server: NEXTAUTH_URL, ADMIN_API_KEY, AUTH_KEYCLOAK_ISSUER,
AUTH_KEYCLOAK_CLIENT_ID, AUTH_KEYCLOAK_CLIENT_SECRET, AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING (here true by default),
AUTH_DISABLE_SIGNUP, LANGFUSE_DEFAULT_ORG_ID, LANGFUSE_DEFAULT_ORG_ROLE, LANGFUSE_DEFAULT_PROJECT_ID,
LANGFUSE_DEFAULT_PROJECT_ROLE.

Example: npm run --silent servers -- langfuse > langfuse.json`;

const options = {
  "keycloak-port": { type: "string" },
  "keycloak-version": { type: "string" },
  "langfuse-port": { type: "string" },
  "langfuse-plan": { type: "string" },
  "langfuse-file": { type: "string" },
  "langfuse-log": { type: "string" },
  "langfuse-no-admin-key": { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

/** A running server: what is printed of it, and how it ends. */
interface Server {
  readonly description: unknown;
  stop(): Promise<void>;
}

const processes = new ProcessGroup();
const progress = createProgress();

const starters: Readonly<Record<string, Starter>> = {
  async keycloak(values) {
    const version = values["keycloak-version"];
    const server = await startKeycloak({
      port: portOf(values, "keycloak-port"),
      ...(version === undefined ? {} : { version }),
      processes,
      progress,
    });
    const { url, adminUsername, adminPassword, pid } = server;
    return { description: { url, adminUsername, adminPassword, pid }, stop: () => server.stop() };
  },

  async langfuse(values) {
    const { login, externalUrl, adminApiKey } = parseEnvironment({
      AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: "true",
      ...process.env,
    });
    const log = values["langfuse-log"];
    const server = await startLangfuse({
      port: portOf(values, "langfuse-port"),
      plan: planOf(values),
      file: values["langfuse-file"],
      adminApiKey: values["langfuse-no-admin-key"] ? null : adminApiKey,
      externalUrl,
      login,
      control: true,
      ...(log === undefined ? {} : { log: (request) => appendFileSync(log, `${JSON.stringify(request)}\n`) }),
    });
    return { description: { ...server.target, resetUrl: server.resetUrl }, stop: () => server.stop() };
  },

  async kubernetes() {
    const { folder } = await ensurePart(kubernetesSource, progress);
    const home = await mkdtemp(path.join(tmpdir(), "langfuse-access-cluster-"));
    const cluster = await progress.step("Kubernetes: start", () =>
      startCluster({
        kubernetes: path.join(folder, "kubernetes"),
        pause: path.join(folder, "pause"),
        folder: home,
        processes,
        progress,
      }),
    );
    const { kubeconfig, hasNode, image } = cluster;
    return {
      description: { kubeconfig, hasNode, image },
      stop: async () => {
        await cluster.stop();
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};

function portOf(values: Values, name: "keycloak-port" | "langfuse-port"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new AccessError("usage", `--${name} is "${text}": give a port from 1 to 65535`);
}

function planOf(values: Values): Plan {
  const text = values["langfuse-plan"] ?? "enterprise";
  const plan = PLANS.find((candidate) => candidate === text);
  if (plan) return plan;
  throw new AccessError("usage", `--langfuse-plan is "${text}": choose one of ${PLANS.join(", ")}`);
}

type Starter = (values: Values) => Promise<Server>;

/** The servers that were named, each once, and the options. */
function parse(): { names: Map<string, Starter>; values: Values } {
  const { positionals, values } = parseArgs({ options, allowPositionals: true });
  const names = new Map<string, Starter>();
  for (const name of positionals) {
    const start = starters[name];
    if (!start) {
      const known = Object.keys(starters);
      throw new AccessError(
        "usage",
        `There is no server "${name}"${suggestion(name, known)}: known are ${known.join(", ")}`,
      );
    }
    names.set(name, start);
  }
  if (names.size === 0 && !values.help) throw new AccessError("usage", `Name at least one server.\n\n${usage}`);
  return { names, values };
}

const interruption = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
});

await runCommand(async () => {
  const running: Server[] = [];
  try {
    const { names, values } = parse();
    if (values.help) {
      console.log(usage);
      return 0;
    }
    const described: Record<string, unknown> = {};
    for (const [name, start] of names) {
      const server = await start(values);
      running.push(server);
      described[name] = server.description;
    }
    console.log(JSON.stringify(described));
    await interruption;
    return 0;
  } finally {
    for (const server of running.reverse()) await server.stop();
    await processes.stop();
  }
});
