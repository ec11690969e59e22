/**
 * Loaded into the Node processes that the e2e tests start. Both of an engine's run load with Pulumi's SDK what it takes to
 * pack the code of functions: five hundred modules of npm's, which no program here needs, and TypeScript, which the
 * process of dynamic providers does not. They wait until somebody asks for something of theirs.
 */
import Module, { createRequire } from "node:module";

const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

for (const name of ["@npmcli/arborist", "typescript"]) {
  const file = sdk.resolve(name);
  let real: Readonly<Record<PropertyKey, unknown>> | undefined;
  const load = () => {
    delete sdk.cache[file];
    return sdk(file) as NonNullable<typeof real>;
  };
  const stub = new Module(file);
  stub.loaded = true;
  stub.exports = new Proxy(
    {},
    {
      get(_target, key) {
        // Otherwise the SDK copies everything at once.
        if (key === "__esModule") return true;
        real ??= load();
        return real[key];
      },
    },
  );
  sdk.cache[file] = stub;
}
