import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "#local/cache/lock.ts";
import { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { prepareKeycloak } from "#local/keycloak/preparation.ts";
import { adminOf, type KeycloakServer, startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress } from "#local/progress.ts";

const PREPARING = 600_000;
const progress = createProgress();
let processes: ProcessGroup;

beforeAll(() => {
  processes = new ProcessGroup();
});
afterAll(async () => {
  await processes.stop();
}, 60_000);

function fingerprint(folder: string): string[] {
  const files = globSync("**/*", { cwd: folder }).sort();
  return files.map((file) => {
    const { size, mtimeMs } = statSync(path.join(folder, file));
    return `${file} ${size} ${mtimeMs}`;
  });
}

async function untilGone(pid: number, file: string): Promise<void> {
  const late = AbortSignal.timeout(100_000);
  while ((isAlive(pid) || existsSync(file)) && !late.aborted) await sleep(50);
}

describe("two servers of different versions", () => {
  let current: KeycloakServer;
  let former: KeycloakServer;
  let before: string[];
  let distribution: string;

  beforeAll(async () => {
    ({ distribution } = await prepareKeycloak({ version: "26.7.5", processes, progress }));
    before = fingerprint(distribution);
    [current, former] = await Promise.all([
      startKeycloak({ version: "26.7.5", processes, progress }),
      startKeycloak({ version: "26.0.8", processes, progress }),
    ]);
  }, PREPARING);

  test("each tells its own version", async () => {
    for (const server of [current, former]) {
      const info = await adminOf(server).get<{ systemInfo: { version: string } }>("/serverinfo");
      expect(info.systemInfo.version).toBe(server.version);
    }
    expect([current.version, former.version]).toEqual(["26.7.5", "26.0.8"]);
  });

  test("each has an administrator's password of its own", async () => {
    expect(current.adminPassword).not.toBe(former.adminPassword);
    const stranger = new KeycloakAdmin({ url: current.url, username: "admin", password: former.adminPassword });
    await expect(stranger.get("/realms")).rejects.toMatchObject({ kind: "unauthorised" });
    const template = new KeycloakAdmin({ url: current.url, username: "admin", password: "template" });
    await expect(template.get("/realms")).rejects.toMatchObject({ kind: "unauthorised" });
  });

  test("a second server of the same version sees nothing of the first and leaves the distribution as it was", async () => {
    const second = await startKeycloak({ version: "26.7.5", processes, progress });
    await adminOf(current).post("/realms", { realm: "mine", enabled: true });
    const names = async (server: KeycloakServer) =>
      (await adminOf(server).get<{ realm: string }[]>("/realms")).map(({ realm }) => realm).sort();
    expect(await names(current)).toEqual(["master", "mine"]);
    expect(await names(second)).toEqual(["master"]);
    await second.stop();
    expect(fingerprint(distribution)).toEqual(before);
  }, 120_000);

  test("one whose port another has taken does not take that one's answers for its own", async () => {
    const port = Number(new URL(current.url).port);
    const second = startKeycloak({ version: "26.7.5", port, processes, progress });
    await expect(second).rejects.toThrow(/already (bound|in use)/i);
    expect(isAlive(current.pid)).toBe(true);
  }, 120_000);

  test("an error tells the request and what the server said", async () => {
    await adminOf(current).post("/realms", { realm: "twice", enabled: true });
    await expect(adminOf(current).post("/realms", { realm: "twice" })).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/^Keycloak answered POST \/admin\/realms with 409: .*twice/),
    });
  }, 60_000);

  test("stopping removes process and data, and stopping again is nothing", async () => {
    const passing = await startKeycloak({ processes, progress });
    await passing.stop();
    await passing.stop();
    await untilGone(passing.pid, path.dirname(passing.log));
    expect(isAlive(passing.pid)).toBe(false);
    expect(existsSync(path.dirname(passing.log))).toBe(false);
  }, 120_000);
});

test(
  "a server dies with its owner, even by SIGKILL, and leaves no data",
  async () => {
    const owner = spawn(process.execPath, [fileURLToPath(new URL("./owner.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
    const { pid, log } = JSON.parse(line) as { pid: number; log: string };
    expect(isAlive(pid)).toBe(true);
    owner.kill("SIGKILL");
    await untilGone(pid, path.dirname(log));
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(path.dirname(log))).toBe(false);
  },
  PREPARING,
);
