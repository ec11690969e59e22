import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const preload = new URL("../../support/late-modules.ts", import.meta.url).href;

it("what waits to be loaded is itself when somebody asks for it", () => {
  const program = `
    require("@pulumi/pulumi");
    const loaded = () => Object.keys(require.cache).filter((file) => /(arborist|typescript)[/]lib[/]/.test(file)).length;
    const before = loaded();
    const ts = require("@pulumi/pulumi/typescript-shim");
    const kind = ts.createSourceFile("a.ts", "let a = 1", ts.ScriptTarget.Latest).kind === ts.SyntaxKind.SourceFile;
    const { Arborist } = require("@npmcli/arborist");
    console.log(before, kind, typeof Arborist.prototype.loadActual, loaded() > 10);
  `;
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}` };
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], {
    env,
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  // The two that stand for what is not loaded.
  expect(stdout, stderr).toBe("2 true function true\n");
});
