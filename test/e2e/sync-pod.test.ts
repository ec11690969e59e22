import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser } from "#local/browser/browser.ts";
import { signIn } from "#local/browser/sign-in.ts";
import { deleteRealm } from "#local/keycloak/realm.ts";
import { assignRoles, removeRoles } from "#local/keycloak/roles.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { crowd, crowdReader, PEAK, stageCrowd } from "./crowd.ts";
import {
  auditLines,
  bed,
  cleanUp,
  client,
  deploy,
  deployedNames,
  further,
  inNamespace,
  keycloakId,
  namespace,
  person,
  prepare,
  problemsIn,
  proxy,
  pushed,
  roleOf,
  run,
  runOne,
  servingPods,
  settings,
  stack,
  state,
  unready,
  userId,
} from "./deployed-sync.ts";
import { alertMetrics, installMonitoring, scraped } from "./monitoring.ts";
import type { JobSpec } from "./sync-job.ts";

const isWithoutNode = process.env.CI !== "true" && process.env.LOCAL_KUBERNETES_NODE === "off";

describe.skipIf(isWithoutNode)("the deployed sync, in its own pods (skipped without a node)", () => {
  beforeAll(prepare);
  afterAll(async () => {
    await deleteRealm(bed.admin, crowd);
    await cleanUp();
  });

  it("is examined before it is deployed, and deployed by the next up when what was wrong is right", async () => {
    expect(unready.exitCode).not.toBe(0);
    expect(unready.output).toContain("langfuse-role-sync-doctor-");
    expect(unready.examination).toMatch(/^error .* has no role "operator"/m);
    expect(unready.cronJobs).toBe("");
    expect(await deployedNames()).toHaveLength(2);
  });

  it("stays what it was when an update fails, and when that is taken back", async () => {
    const deployed = await deployedNames();
    await stack.configure(settings({ rules: [{ from: { group: "/nowhere" }, organization: "OWNER" }] }));
    expect((await stack.up()).exitCode).not.toBe(0);
    expect(await deployedNames()).toEqual(deployed);
    await deploy();
    expect(await deployedNames()).toEqual(deployed);
    await bed.cluster.kubectl(["get", "configmaps", ...deployed, ...inNamespace]);
  });

  it("has a key that was made in the cluster, exactly once, and is in no state", async () => {
    const keys = await createLangfuseAdminClient(bed.langfuse).listApiKeys(further[1]);
    expect(keys.filter(({ note }) => note?.includes(`${namespace}/farther`))).toHaveLength(1);
    const text = await bed.cluster.kubectl(["get", "secret", "farther", "-o", "json", ...inNamespace]);
    const { data } = JSON.parse(text) as { data: Record<string, string> };
    const secretKey = Buffer.from(data.LANGFUSE_SECRET_KEY ?? "", "base64").toString();
    expect(secretKey).toMatch(/^sk-lf-/);
    expect(await stack.export()).not.toContain(secretKey);
  });

  it("remembers people by their ids and continues the audit chain from run to run", async () => {
    await assignRoles(bed.admin, bed.realm, { users: { [person.username]: ["langfuse-member"] } });
    await client.createScimUser({ userName: person.email, role: "VIEWER" });
    const first = await runOne();
    expect(first, first.log).toMatchObject({ exitCode: 0 });
    expect(await roleOf(person.email)).toBe("MEMBER");
    const member = (await client.listMemberships()).find(({ email }) => email === person.email);
    const { organizations } = await state();
    expect(Object.values(organizations).map(({ links }) => links[member?.userId ?? ""])).toContain(await keycloakId());

    const second = await runOne();
    const records = auditLines(first.log, second.log);
    expect(records.length).toBeGreaterThan(5);
    expect(await problemsIn(records)).toEqual([]);
    expect(await problemsIn(records.slice(0, -1))).toEqual(["truncated"]);
  });

  it("keeps what it remembers when Pulumi reads everything again", async () => {
    const remembered = await state();
    const up = await stack.up(["--refresh"]);
    expect(Object.keys(up.changes), up.output).toEqual(["same"]);
    expect(await state()).toEqual(remembered);
  });

  it("leaves figures at the Pushgateway that go on from run to run", async () => {
    await runOne();
    const successes = () => Number(/^langfuse_sync_success_total (\d+)$/m.exec(pushed.at(-1) ?? "")?.[1]);
    await expect.poll(successes).toBeGreaterThan(0);
    const before = successes();
    expect(pushed.at(-1)).toMatch(/^PUT \/metrics\/job\/langfuse_sync\/instance\/Company/);
    await runOne();
    await expect.poll(successes).toBe(before + 1);
  });

  it("lets one of two that start together write, and the other say who does", async () => {
    await client.updateScimUser(await userId(person.email), "VIEWER");
    const runs = [runOne(), runOne()];
    // The one that may write has not read everything before the other has ended.
    const until = Promise.race(runs);
    proxy.inject({ matches: ({ path: url }) => url.includes("/memberships"), fault: { kind: "hold", until } });
    const both = await Promise.all(runs);
    proxy.clear();
    expect(both.map(({ exitCode }) => exitCode).sort(), both.map(({ log }) => log).join("\n")).toEqual([0, 3]);
    const [winner, loser] = both.toSorted((left, right) => left.exitCode - right.exitCode);
    expect(winner?.log).toContain("Applied: 1 applied");
    expect(loser?.log).toMatch(/langfuse-access .* run .* is writing at this moment and only one may/);
    expect(await roleOf(person.email)).toBe("MEMBER");
  });

  it("stands before Langfuse in pods that stay, and makes the role right at a login", async ({ skip }) => {
    if (!bed.signIn.works) skip(bed.signIn.reason);
    const [address] = await servingPods("login-proxy", 2);
    const granted = { users: { [person.username]: ["langfuse-admin"] } };
    await assignRoles(bed.admin, bed.realm, granted);
    const routes = { [new URL(bed.langfuse.url).origin]: `http://${address}:8080` };
    const outcome = await signIn(new Browser({ routes }), bed.langfuse.url, person);
    const { organizationId } = await stack.outputs();
    const organizations = outcome.kind === "signed-in" ? outcome.session.user.organizations : [];
    expect(organizations.find(({ id }) => id === organizationId)?.role, JSON.stringify(outcome)).toBe("ADMIN");
    const figures = await (await fetch(`http://${address}:9090/metrics`)).text();
    expect(figures).toContain('langfuse_proxy_logins_total{outcome="applied"} 1');
    await removeRoles(bed.admin, bed.realm, granted);
    await client.updateScimUser(await userId(person.email), "MEMBER");
  });

  it("applies what a guard refused once it is approved, and the approval once", async () => {
    await removeRoles(bed.admin, bed.realm, { users: { [person.username]: ["langfuse-member"] } });
    const refused = await runOne();
    expect(refused, refused.log).toMatchObject({ exitCode: 3 });
    const [, fingerprint = ""] = /apply --approve (\w+)/.exec(refused.log) ?? [];
    expect(await roleOf(person.email)).toBe("MEMBER");
    const approve = (spec: JobSpec) => spec.template.spec.containers[0].command.push("--approve", fingerprint);
    expect(await runOne(approve)).toMatchObject({ exitCode: 0 });
    expect(await roleOf(person.email)).toBe("NONE");
    await client.updateScimUser(await userId(person.email), "MEMBER");
    const again = await runOne(approve);
    expect(again).toMatchObject({ exitCode: 3 });
    expect(again.log).toContain("approval");
    await client.updateScimUser(await userId(person.email), "NONE");
  });

  it("ends a leak as a readable error within its limit, and not as a kill", async () => {
    const leak = "const all = []; for (let row = 0; ; row += 1) all.push({ row, text: `row` + row });";
    const end = await runOne((spec) => {
      const [container] = spec.template.spec.containers;
      const flags = container.command.filter((word) => word.startsWith("--"));
      container.command = ["node", ...flags, "-e", leak];
    });
    expect(end.log).toContain("JavaScript heap out of memory");
    // The first process of a container takes no SIGABRT from itself, so that its abort ends as SIGSEGV; 137 is a kill.
    expect(end).toMatchObject({ reason: "Error", exitCode: 139 });
  });

  it("ends what grows outside of the heap as a readable error too", async () => {
    const leak = "const all=[];setInterval(()=>all.push(Buffer.alloc(1<<20,1)),10).unref()";
    // Until it has ended otherwise, it has something to wait for.
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    proxy.inject({ fault: { kind: "hold", until } });
    const end = await runOne((spec) => {
      const [container] = spec.template.spec.containers;
      const [node = "", ...words] = container.command;
      container.command = [node, "--import", `data:text/javascript,${encodeURIComponent(leak)}`, ...words];
    });
    answer();
    proxy.clear();
    expect(end.log).toMatch(/^out of memory: the run uses 1[12]\d of the 128 MiB/m);
    expect(end).toMatchObject({ reason: "Error", exitCode: 70 });
  });

  it("plans for ten thousand people within its memory limit", async () => {
    await stageCrowd(bed, client, 10_000);
    const end = await runOne(({ template: { spec } }) => {
      const [container] = spec.containers;
      container.command = ["node", "--import", PEAK, ...container.command.slice(1, -1), "plan"];
      container.env = container.env.filter(({ name }) => name !== "KEYCLOAK_REALM").concat(crowdReader);
    });
    // A plan without changes ends with 0, one with changes with 2.
    expect([0, 2], end.log.slice(-600)).toContain(end.exitCode);
    expect(end.log).toMatch(/Organization Company: .* 9\d{3} in sync/);
    const peak = Number(/peak memory: (\d+) kB/.exec(end.log)?.[1]) / 1024;
    console.info(`plan for 10,000 people in the pod: ${peak.toFixed(1)} MiB at most`, `(exit ${end.exitCode})`);
    expect(peak).toBeLessThan(128);
  });

  it("shares the organizations over shards, of which one may fail without the others", async () => {
    // No schedule of its own gets in between.
    await installMonitoring(bed);
    const watched = { webhook: { enabled: true }, alerts: { enabled: true }, dashboard: { enabled: true } };
    await deploy({ shards: 2, suspend: false, schedule: "0 0 29 2 *", ...watched });
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "langfuse-role-sync-0", namespace },
    };
    const held = {
      holderIdentity: "somebody else",
      leaseDurationSeconds: 3_600,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    const file = path.join(bed.folder, "lease.json");
    await writeFile(file, JSON.stringify({ ...lease, spec: held }));
    await bed.cluster.kubectl(["apply", "--server-side", "--field-manager=test", "-f", file]);
    const [one, other] = await run();
    expect(one).toMatchObject({ index: "0", exitCode: 3 });
    expect(one?.log).toContain("somebody else is writing at this moment");
    expect(other, other?.log).toMatchObject({ index: "1", exitCode: 0 });
    expect((await state("-1")).audit?.sequence).toBeGreaterThan(1);
    expect((await state("-0")).audit).toBeUndefined();
  });

  it("follows an event in a pod that stays, whatever shard it concerns", async () => {
    await bed.cluster.kubectl(["patch", "lease", "langfuse-role-sync-0", ...freed, ...inNamespace]);
    const { syncWebhookSecret = "" } = (await stack.outputs({ showSecrets: true })) as Record<string, string>;
    const [address] = await servingPods("webhook", 1);
    await assignRoles(bed.admin, bed.realm, { users: { [person.username]: ["langfuse-member"] } });
    const resourcePath = `users/${await keycloakId()}/role-mappings/realm`;
    const body = JSON.stringify({ type: "admin.REALM_ROLE_MAPPING-CREATE", realmName: bed.realm, resourcePath });
    const signature = createHmac("sha256", syncWebhookSecret).update(body).digest("hex");
    const headers = { "content-type": "application/json", "x-keycloak-signature": signature };
    const answer = await fetch(`http://${address}:8080/webhook`, { method: "POST", body, headers });
    expect(answer.status).toBe(202);
    await expect.poll(() => roleOf(person.email), { interval: 100 }).toBe("MEMBER");
  });

  it("leads Prometheus to every pod that stays, which shows all that alerts on them go by", async () => {
    const pods = await scraped(bed, namespace);
    const deployments = new Set([...pods.keys()].map((name) => name.replace(/(-[0-9a-z]+){2}$/, "")));
    expect(deployments).toEqual(new Set(["langfuse-login-proxy", "langfuse-role-sync-webhook"]));
    for (const [alert, wanted] of await alertMetrics(bed, namespace)) {
      const [, part] = /^Langfuse(Webhook|Proxy)/.exec(alert) ?? [];
      if (part === undefined) continue;
      const shown = [...pods].flatMap(([name, metrics]) => (name.includes(part.toLowerCase()) ? [metrics] : []));
      for (const metrics of shown) expect(metrics, alert).toEqual(expect.arrayContaining([...wanted]));
    }
  });
});

const freed = ["--type=merge", "--patch", '{"spec":{"holderIdentity":""}}'];
