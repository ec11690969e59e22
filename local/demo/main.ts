/** `npm run demo`: the whole way once, on real servers of this machine. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Bed, startBed } from "../bed/bed.ts";
import { companyStack } from "../bed/company-stack.ts";
import { runCommand } from "../command-line.ts";
import { people } from "../keycloak/company.ts";
import { exportRealm } from "../keycloak/realm.ts";
import { createProgress, type Progress } from "../progress.ts";
import { Checks } from "./checks.ts";
import { declare } from "./story/declaration.ts";
import { logIn } from "./story/logins.ts";
import { remove } from "./story/removal.ts";
import { synchronise } from "./story/synchronisation.ts";

const usage = `Usage: npm run demo -- [--keep]

Starts Keycloak, Kubernetes and a Langfuse on this machine, deploys the program with a real Pulumi engine, runs the role
sync once as its CronJob would, signs people in with and without a role, and removes everything again.

  --keep     leave everything running after the logins, print addresses and credentials, end with Ctrl-C
  --help     this text

  LANGFUSE_TARGET   file that names another Langfuse (url, adminApiKey, orgId, orgPublicKey, orgSecretKey)

Takes about a minute once the tools are there (npm run toolchain).`;

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interruption.abort(signal));

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const progress = createProgress();
  const checks = new Checks();
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-demo-"));
  checks.section("servers");
  const bed = await startBed({ folder, progress, signal: interruption.signal });
  try {
    await tell(bed, checks, progress, values.keep ?? false);
  } finally {
    await progress.step("stop the servers", () => bed.stop());
  }
  console.log(`\n${checks.summary}`);
  return checks.failed === 0 ? 0 : 1;
}

async function tell(bed: Bed, checks: Checks, progress: Progress, keep: boolean): Promise<void> {
  const { signal } = interruption;
  const found = await exportRealm(bed.admin, bed.realm);
  const stack = await companyStack(bed, "demo", { progress, signal });
  const outputs = await declare(bed, stack, checks, progress);
  signal.throwIfAborted();
  await synchronise(bed, outputs, checks, progress);
  signal.throwIfAborted();
  await logIn(bed, outputs, checks);
  signal.throwIfAborted();
  if (keep) await untilInterrupted(bed);
  else await remove(bed, stack, outputs, found, checks, progress);
}

async function untilInterrupted(bed: Bed): Promise<void> {
  const { keycloak, langfuse, cluster } = bed;
  console.log(`
  Keycloak     ${keycloak.url}/admin  ${keycloak.adminUsername} / ${keycloak.adminPassword}
  Langfuse     ${langfuse.url}  sign in as ${people.direct.username} / ${people.direct.password} or ${people.nobody.username} / ${people.nobody.password}
  Kubernetes   export KUBECONFIG=${cluster.kubeconfig}

  Everything goes on running until Ctrl-C.`);
  await new Promise((resolve) => interruption.signal.addEventListener("abort", resolve, { once: true }));
}

await runCommand(async () => {
  try {
    return await main();
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("\ninterrupted: everything that was started has been stopped");
    if (process.env.LANGFUSE_TARGET) {
      console.error('An organization "Company" with a project "Assistant" may be left in the Langfuse that was named.');
    }
    return 130;
  }
});
