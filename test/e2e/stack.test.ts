import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bed, langfuseClientSecret } from "#local/bed/bed.ts";
import { breakGlass, companySecrets, companySettings, companyStack } from "#local/bed/company-stack.ts";
import { bundleHere, deployedEnvironment, type SyncRun } from "#local/bed/sync-run.ts";
import { langfuseClientId, people } from "#local/keycloak/company.ts";
import { exportRealm } from "#local/keycloak/realm.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { parseEnvironment } from "#local/langfuse/environment.ts";
import { silent } from "#local/progress.ts";
import type { Stack } from "#local/pulumi/stack.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { sharedBed } from "#test/bed.ts";
import { withoutCheckpoints } from "./checkpoints.ts";
import { startService } from "./service-pod.ts";

let bed: Bed;
let stack: Stack;
let found: unknown;
let client: LangfuseClient;
let outputs: Record<string, string>;
/** Everything the engine printed, for the search for secrets. */
let printed = "";

const settings = (): Record<string, unknown> => ({
  ...companySettings(bed),
  langfuse: { ...(companySettings(bed).langfuse as object), services: [{ name: "chat" }] },
  kubernetes: { kubeconfig: bed.cluster.kubeconfig, namespace: "stack-test" },
});

const read = async (kind: string, name = "") =>
  JSON.parse(await bed.cluster.kubectl(["get", kind, name, "--namespace", "stack-test", "-o", "json"]));

beforeAll(async () => {
  bed = await sharedBed();
  found = await exportRealm(bed.admin, bed.realm);
  stack = await companyStack(bed, `stack-${randomUUID().slice(0, 8)}`, {
    progress: silent,
    environment: withoutCheckpoints,
  });
  await stack.configure(settings());
  const up = await stack.up();
  printed += up.output;
  expect(up.exitCode, up.output).toBe(0);
  outputs = (await stack.outputs({ showSecrets: true })) as Record<string, string>;
  const { organizationPublicKey: publicKey = "", organizationSecretKey: secretKey = "" } = outputs;
  client = createLangfuseClient({ url: bed.langfuse.url, publicKey, secretKey });
});

afterAll(async () => {
  await stack?.destroy();
});

async function run(
  operation: Promise<{ exitCode: number; output: string; changes: Readonly<Record<string, number>> }>,
) {
  const outcome = await operation;
  printed += outcome.output;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

const sync = () => ({
  namespace: "stack-test",
  cronJobName: outputs.syncCronJobName ?? "",
  secretName: outputs.syncSecretName ?? "",
});

describe("a deployed stack", () => {
  it("shows a changed role of a declared member as one update and makes it so", async () => {
    const langfuse = {
      ...(settings().langfuse as object),
      members: [
        { email: breakGlass, role: "OWNER" },
        { email: "second@example.com", role: "ADMIN" },
      ],
    };
    await stack.configure({ ...settings(), langfuse });
    // The membership, and the document that protects it from the sync, in place of the former one.
    expect((await run(stack.up())).changes).toMatchObject({ create: 2, delete: 1 });
    const demoted = {
      ...langfuse,
      members: [
        { email: breakGlass, role: "OWNER" },
        { email: "second@example.com", role: "MEMBER" },
      ],
    };
    await stack.configure({ ...settings(), langfuse: demoted });
    const preview = await run(stack.preview());
    expect(preview.changes).toMatchObject({ update: 1 });
    expect(preview.output).toMatch(/role\s*: "ADMIN" => "MEMBER"/);
    await run(stack.up());
    expect(await roleOf("second@example.com")).toBe("MEMBER");
    await stack.configure(settings());
    expect((await run(stack.up())).changes).toMatchObject({ create: 1, delete: 2 });
    expect(await roleOf("second@example.com")).toBeUndefined();
  });

  it("finds a role that somebody changed and a gate that somebody unbound by hand, and repairs both", async () => {
    const owner = (await client.listMemberships()).find(({ email }) => email === breakGlass);
    const keeper = await client.createScimUser({ userName: "keeper@example.com", role: "OWNER" });
    await client.updateScimUser(owner?.userId ?? "", "VIEWER");
    await bed.admin.put(`/realms/${bed.realm}`, { browserFlow: "browser" });
    const repair = await run(stack.up(["--refresh"]));
    expect(repair.changes).toMatchObject({ update: 2 });
    expect(await roleOf(breakGlass)).toBe("OWNER");
    const { browserFlow } = await bed.admin.get<{ browserFlow: string }>(`/realms/${bed.realm}`);
    expect([browserFlow]).toEqual(outputs.gateFlowAliases);
    await client.deleteScimUser(keeper.id);
  });

  it.skipIf(process.env.CI !== "true" && process.env.LOCAL_KUBERNETES_NODE === "off")(
    "enforces the deployed pod's limits: not root, nothing writable, 128Mi (skipped without a node)",
    async () => {
      const { cluster } = bed;
      const inNamespace = ["--namespace", "stack-test"];
      const job = JSON.parse(
        await cluster.kubectl([
          "create",
          "job",
          "facts",
          `--from=cronjob/${sync().cronJobName}`,
          "--dry-run=client",
          "-o",
          "json",
          ...inNamespace,
        ]),
      );
      const script = `
        const attempt = (file) => { try { require("fs").writeFileSync(file, "x"); return "written"; } catch (error) { return error.code; } };
        console.log(JSON.stringify({ user: process.getuid(), root: attempt("/x"), program: attempt("/program/x"), memory: process.constrainedMemory(),
          token: require("fs").existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token"), secret: typeof process.env.LANGFUSE_SECRET_KEY }));`;
      job.spec.template.spec.containers[0].command = ["node", "-e", script];
      await cluster.kubectl(["create", "-f", await written(JSON.stringify(job))]);
      await cluster.kubectl(["wait", "--for=condition=complete", "job/facts", "--timeout=600s", ...inNamespace]);
      const facts = JSON.parse(await cluster.kubectl(["logs", "job/facts", ...inNamespace]));
      expect(facts).toEqual({
        user: 1000,
        root: "EROFS",
        program: "EROFS",
        memory: 128 * 1024 * 1024,
        token: true,
        secret: "string",
      });
    },
  );

  it("sets a Langfuse up to sign people in through the realm, with the secret that Keycloak has", async () => {
    const { data: secrets } = await read("secret", outputs.langfuseSecretName);
    const { data: plain } = await read("configmap", outputs.langfuseSettingsName);
    const decoded = Object.entries(secrets as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    // As the server itself reads it.
    expect(parseEnvironment({ ...plain, ...Object.fromEntries(decoded) })).toMatchObject({
      externalUrl: bed.langfuse.url,
      adminApiKey: bed.langfuse.adminApiKey,
      login: {
        issuer: bed.issuer,
        clientId: langfuseClientId,
        clientSecret: langfuseClientSecret,
        allowAccountLinking: true,
        disableSignUp: false,
        defaultOrganizationIds: [],
      },
    });
    expect(plain.AUTH_DISABLE_USERNAME_PASSWORD).toBe("true");
  });

  it.skipIf(process.env.CI !== "true" && process.env.LOCAL_KUBERNETES_NODE === "off")(
    "lets a service start with the key of its project, and not with that of another (skipped without a node)",
    async () => {
      const service = (name: string, project = "") =>
        startService(bed, { namespace: "stack-test", name, project, programName: outputs.syncProgramName ?? "" });
      const ends = [service("chat-right", outputs.projectId), service("chat-wrong", "another-project")];
      expect(await Promise.all(ends)).toEqual([
        { phase: "Succeeded", exitCode: 0 },
        { phase: "Failed", exitCode: 3 },
      ]);
      const log = await bed.cluster.kubectl(["logs", "chat-wrong", "-c", "check-key", "--namespace", "stack-test"]);
      expect(log).toContain('the key is of project "Assistant"');
      expect(log).not.toMatch(/sk-lf-/);
    },
  );

  it("synchronises by itself at the next minute boundary", async () => {
    const person = people.direct;
    const name = outputs.roleNames?.[0] ?? "";
    await assignRoles(bed.admin, bed.realm, { users: { [person.username]: [name] } });
    await client.createScimUser({ userName: person.email, role: "NONE" });
    const everyMinute = { ...(settings().sync as object), schedule: "* * * * *", suspend: false };
    await stack.configure({ ...settings(), sync: everyMinute });
    await run(stack.up());
    await expect.poll(() => roleOf(person.email), { timeout: 600_000, interval: 1_000 }).toBe("ADMIN");
  });

  it("rotates the organization's key under runs of the sync, of which none fails and nobody is lost", async () => {
    const person = people.direct;
    const members = async () =>
      (await client.listMemberships()).map(({ userId, role }) => `${userId} ${role}`).toSorted();
    const identity = async () => {
      const { namespace, secretName } = sync();
      const field = ["-o", "jsonpath={.metadata.uid}"];
      return await bed.cluster.kubectl(["get", "secret", secretName, "--namespace", namespace, ...field]);
    };
    const [before, former] = [await members(), await deployedEnvironment(bed, sync())];
    const secret = await identity();
    const userId = (await client.listMemberships()).find(({ email }) => email === person.email)?.userId ?? "";
    const langfuse = { ...(settings().langfuse as object), organizationKey: { generation: 2 } };
    await stack.configure({ ...settings(), langfuse });
    let runs = 0;
    // Something to do for each run: it reads and writes.
    const correct = async (sync: () => Promise<SyncRun>) => {
      await client.updateScimUser(userId, "VIEWER");
      const { succeeded, log } = await sync();
      expect(succeeded, log).toBe(true);
      expect(await roleOf(person.email)).toBe("ADMIN");
      runs += 1;
    };
    const inFlight = await bundleHere(bed, sync());
    let isOver = false;
    const rotation = stack.up().finally(() => {
      isOver = true;
    });
    try {
      // Once more where the machine made one of them last as long as the whole update.
      while (!isOver || runs < 2) await correct(inFlight);
    } finally {
      await run(rotation);
    }
    const next = await deployedEnvironment(bed, sync());
    expect(next.LANGFUSE_SECRET_KEY).not.toBe(former.LANGFUSE_SECRET_KEY);
    expect(await identity(), "changed in place, and never gone for a moment").toBe(secret);
    await correct(await bundleHere(bed, sync()));
    expect(await members()).toEqual(before);
  });

  it("keeps every secret out of plain state, of what is printed, and of process arguments", async () => {
    const environment = await deployedEnvironment(bed, sync());
    const server = JSON.parse(
      await bed.cluster.kubectl([
        "get",
        "secret",
        outputs.langfuseSecretName ?? "",
        "--namespace",
        "stack-test",
        "-o",
        "json",
      ]),
    );
    const decoded = Object.values(server.data as Record<string, string>).map((value) =>
      Buffer.from(value, "base64").toString(),
    );
    const secrets = [
      ...Object.values(companySecrets(bed)),
      environment.KEYCLOAK_CLIENT_SECRET,
      environment.LANGFUSE_SECRET_KEY,
      ...decoded,
    ];
    const state = await stack.export();
    const preview = await stack.preview(["--refresh"]);
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(10);
      expect(state.includes(secret ?? "")).toBe(false);
      expect((printed + preview.output).includes(secret ?? "")).toBe(false);
    }
    expect(JSON.stringify(await stack.outputs())).toContain("[secret]");
  });

  it("leaves the realm as it was found when it is destroyed", async () => {
    await run(stack.destroy());
    expect(await exportRealm(bed.admin, bed.realm)).toEqual(found);
  });
});

async function roleOf(email: string): Promise<string | undefined> {
  return (await client.listMemberships()).find((member) => member.email === email)?.role;
}

async function written(text: string): Promise<string> {
  const file = `${bed.folder}/${randomUUID()}.json`;
  await writeFile(file, text);
  return file;
}
