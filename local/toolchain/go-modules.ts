import { createHash } from "node:crypto";
import { glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AccessError } from "#sync/errors.ts";
import { ensureEntry } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import { isAtLeast, type PluginName, versions } from "./versions.ts";

/** The module with CLI, resource plugins and Kubernetes: they share most packages, so one module compiles them once. */
const shared = fileURLToPath(new URL("./go", import.meta.url));
/** The language host needs another version of the Pulumi SDK for Go. */
const languageHost = fileURLToPath(new URL("./language-host", import.meta.url));

/** One set of build tags for all, so that packages are compiled once; they leave out cloud providers and SELinux. */
const flags = ["-trimpath", "-tags", "providerless,selinux_off,osusergo,grpcnotrace"];

/** How to build one executable. */
interface Target {
  readonly module: string;
  readonly package: string;
  /** Link-time variables, `path.name=value`. */
  readonly variables: readonly string[];
  readonly overlay?: string;
}

const executables = {
  pulumi: {
    module: shared,
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    variables: [`github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumiFromModules}`],
  },
  "pulumi-language-nodejs": {
    module: languageHost,
    package: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
    variables: [],
  },
  kubernetes: {
    module: shared,
    package: "./cmd/kubernetes",
    variables: [
      `k8s.io/component-base/version.gitVersion=v${versions.kubernetes}`,
      `k8s.io/component-base/version.gitMajor=${versions.kubernetes.split(".")[0]}`,
      `k8s.io/component-base/version.gitMinor=${versions.kubernetes.split(".")[1]}`,
    ],
  },
  pause: { module: shared, package: "./cmd/pause", variables: [] },
} satisfies Record<string, Target>;

export type Executable = keyof typeof executables;

/** Builds one executable into `folder`. */
export async function buildExecutable(name: Executable, folder: string, note: (text: string) => void): Promise<void> {
  await build(executables[name], path.join(folder, name), note);
}

/** Builds a resource plugin into `folder`; its schema is made (and kept) first. */
export async function buildPlugin(name: PluginName, folder: string, note: (text: string) => void): Promise<void> {
  const schemas = await ensureSchemas(note);
  const command = `pulumi-resource-${name}`;
  const files = name === "kubernetes" ? ["schema.json", "terraform-mapping.json"] : ["schema.json"];
  const overlay = path.join(folder, "overlay.json");
  const replace = Object.fromEntries(
    files.map((file) => [path.join(shared, "cmd", command, file), path.join(schemas, command, file)]),
  );
  await writeFile(overlay, JSON.stringify({ Replace: replace }));
  const variable =
    name === "kubernetes" ? "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version" : "main.version";
  const target = {
    module: shared,
    package: `./cmd/${command}`,
    variables: [`${variable}=${versions.plugins[name]}`],
    overlay,
  };
  await build(target, path.join(folder, command), note);
  await rm(overlay);
}

/** The published modules lack the schemas that the plugins embed; a small program of the same module writes them. */
async function ensureSchemas(note: (text: string) => void): Promise<string> {
  return await ensureEntry(
    { name: "plugin-schemas", inputs: [...(await sourceInputs()), versions.plugins.kubernetes] },
    async (folder) => {
      const program = path.join(folder, "schemas");
      await build({ module: shared, package: "./cmd/schemas", variables: [] }, program, note);
      for (const name of Object.keys(versions.plugins)) await mkdir(path.join(folder, `pulumi-resource-${name}`));
      // `go list` names no folder for a module that nothing compiled so far has needed; this fetches it.
      const provider = "github.com/pulumi/pulumi-kubernetes/provider/v4";
      const { Dir } = JSON.parse(await go(shared, ["mod", "download", "-json", provider])) as { Dir: string };
      const source = path.join(Dir, "cmd", "pulumi-resource-kubernetes");
      await run(program, [folder, source, versions.plugins.kubernetes]);
    },
  );
}

async function build(target: Target, output: string, note: (text: string) => void): Promise<void> {
  const link = ["-s", "-w", ...target.variables.map((variable) => `-X ${variable}`)].join(" ");
  const overlay = target.overlay ? ["-overlay", target.overlay] : [];
  let compiled = 0;
  await go(
    target.module,
    ["build", "-v", ...flags, ...overlay, "-ldflags", link, "-o", output, target.package],
    (line) => {
      compiled += 1;
      note(line.startsWith("go: downloading") ? line.slice(4) : `${compiled} packages compiled`);
    },
  );
}

/** Everything in the two modules that decides what is built, for cache entries. */
export async function sourceInputs(): Promise<string[]> {
  const hash = createHash("sha256");
  for (const module of [shared, languageHost]) {
    const files = [];
    for await (const file of glob(["go.mod", "go.sum", "**/*.go"], { cwd: module })) files.push(file);
    for (const file of files.sort()) hash.update(file).update(await readFile(path.join(module, file)));
  }
  return [hash.digest("hex"), ...flags, process.platform, process.arch];
}

async function go(folder: string, args: readonly string[], onLine?: (line: string) => void): Promise<string> {
  await requireGo();
  const environment = {
    ...process.env,
    CGO_ENABLED: "0",
    // go.sum is complete: nothing may be added to it, and no other toolchain may be fetched.
    GOFLAGS: "-mod=readonly -buildvcs=false",
    GOTOOLCHAIN: "local",
  };
  return await run("go", args, { folder, environment, ...(onLine ? { onLine } : {}) });
}

let checked: Promise<void> | undefined;

/** Refuses with what to install when there is no Go, or an old one. */
export function requireGo(): Promise<void> {
  checked ??= run("go", ["env", "GOVERSION"], { environment: { ...process.env, GOTOOLCHAIN: "local" } }).then(
    (version) => {
      if (isAtLeast(version.trim(), versions.goMinimum)) return;
      throw new AccessError(
        "usage",
        `Go ${version.trim()} is too old: install Go ${versions.goMinimum} or newer, or the tools themselves.`,
      );
    },
    () => {
      throw new AccessError(
        "usage",
        `No Go found on the path. Install Go ${versions.goMinimum} or newer to build the tools, or install them: Pulumi ${versions.pulumiMinimum} or newer with its plugins.`,
      );
    },
  );
  return checked;
}
