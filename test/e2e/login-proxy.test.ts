import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import { type LoginStage, openLoginStage } from "#local/bed/login-stage.ts";
import { Browser } from "#local/browser/browser.ts";
import { approachCallback, readSession, signIn } from "#local/browser/sign-in.ts";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";
import type { Person } from "#local/keycloak/company.ts";
import { fileLease } from "#sync/lease/file-lease.ts";
import { parseSeries } from "#sync/metrics/registry.ts";
import { sharedBed } from "#test/bed.ts";
import { type ServedProxy, serveProxy } from "#test/serve-proxy.ts";

let bed: Bed;
let stage: LoginStage;
/** Stands between the sync and Keycloak; browsers go to Keycloak themselves. */
let keycloak: FaultProxy;
let proxy: ServedProxy;

beforeAll(async () => {
  bed = await sharedBed();
  stage = await openLoginStage(bed);
  keycloak = await startFaultProxy({ target: bed.keycloak.url });
  proxy = await startProxy();
});
afterEach(() => keycloak.clear());
afterAll(async () => {
  await proxy?.stop();
  await keycloak?.stop();
  await stage?.[Symbol.asyncDispose]();
});

/** The proxy with the configuration of the stage, which has all the time it wants. */
const startProxy = (more: Readonly<Record<string, string>> = {}) =>
  serveProxy({ ...stage.environment, KEYCLOAK_URL: keycloak.url, PROXY_BUDGET: "60000", ...more });

/** Figures by series, without the common beginning of their names. */
async function figuresOf({ operationsUrl }: ServedProxy): Promise<Record<string, number>> {
  const series = parseSeries(await (await fetch(`${operationsUrl}/metrics`)).text());
  return Object.fromEntries(
    Object.entries(series).map(([name, value]) => [name.replace("langfuse_proxy_", ""), value]),
  );
}

const logins = (outcome: string) => `logins_total{outcome="${outcome}"}`;

/** What another run would hold while it is writing. */
async function holdLock() {
  const { LOCK_FILE: file = "" } = stage.environment;
  return await fileLease({ file, title: "another run" }).acquire();
}

/** A browser for which Langfuse's address leads to the proxy. */
function browserAt({ url }: ServedProxy): Browser {
  return new Browser({ routes: { [new URL(bed.langfuse.url).origin]: url } });
}

async function roleAtLogin(person: Person, through: ServedProxy = proxy): Promise<string | undefined> {
  const outcome = await signIn(browserAt(through), bed.langfuse.url, person);
  if (outcome.kind !== "signed-in") throw new Error(JSON.stringify(outcome));
  return outcome.session.user.organizations.find(({ id }) => id === stage.organizationId)?.role;
}

/** A browser whose next step is the callback, and its address. */
async function beforeCallback(
  person: Person,
  through: ServedProxy = proxy,
): Promise<{ browser: Browser; callback: URL }> {
  const browser = browserAt(through);
  return { browser, callback: await approachCallback(browser, bed.langfuse.url, person) };
}

/** A login, for which the Langfuse under test must sign people in through this realm. */
function login(title: string, test: () => Promise<void>): void {
  it(title, async ({ skip }) => {
    if (!bed.signIn.works) skip(bed.signIn.reason);
    await test();
  });
}

describe("the proxy", () => {
  login("gives the role before the first page of the first login", async () => {
    const person = await stage.addPerson("stage-member");
    const { browser, callback } = await beforeCallback(person);
    expect(await stage.roleOf(person)).toBeUndefined();
    // The answer of the callback sends the browser on, and that is where it stops.
    const end = await browser.follow({ url: callback }, ({ pathname }) => pathname !== callback.pathname);
    expect(end).toHaveProperty("halted");
    expect(await stage.roleOf(person)).toBe("MEMBER");
    expect((await readSession(browser, bed.langfuse.url))?.user.email).toBe(person.email);
  });

  login("makes the role right that has changed since, in every direction", async () => {
    const person = await stage.addPerson("stage-member");
    expect(await roleAtLogin(person)).toBe("MEMBER");
    await stage.setRole(person, "stage-admin");
    expect(await roleAtLogin(person)).toBe("ADMIN");
    await stage.setRole(person, undefined);
    expect(await roleAtLogin(person)).toBe("NONE");
    const { [logins("in-sync")]: before = 0 } = await figuresOf(proxy);
    expect(await roleAtLogin(person)).toBe("NONE");
    expect((await figuresOf(proxy))[logins("in-sync")]).toBe(before + 1);
  });

  login("lets somebody without any role in as Langfuse does, and makes them no member", async () => {
    expect(await roleAtLogin(await stage.addPerson())).toBeUndefined();
  });

  login("has one run for logins of one person at the same time", async () => {
    const langfuse = await startFaultProxy({ target: bed.langfuse.url });
    onTestFinished(() => langfuse.stop());
    const own = await startProxy({ PROXY_UPSTREAM: langfuse.url });
    const person = await stage.addPerson("stage-member");
    const ready = await Promise.all([1, 2, 3].map(() => beforeCallback(person, own)));
    langfuse.clear();
    // The first run does not end before all of them are there.
    const hold = await holdLock();
    const ended = Promise.all(ready.map(({ browser, callback }) => browser.get(callback)));
    const known = () => langfuse.requests.filter(({ path, status }) => path === "/api/auth/session" && status === 200);
    await expect.poll(known).toHaveLength(3);
    await hold.release();
    await ended;
    expect(await stage.roleOf(person)).toBe("MEMBER");
    const looked = keycloak.requests.filter(({ path }) => path.includes("/users?email="));
    // As many as one run takes: one to find out, and one under the lease, each confirmed.
    expect(looked.length).toBeLessThanOrEqual(4);
    expect((await figuresOf(own))[logins("applied")]).toBe(3);
    expect(await own.stop()).toBe(0);
  });

  login("passes a login on with the former role when Keycloak answers errors, and says so in its figures", async () => {
    const person = await stage.addPerson("stage-member");
    expect(await roleAtLogin(person)).toBe("MEMBER");
    await stage.setRole(person, "stage-admin");
    const { [logins("failed")]: before = 0 } = await figuresOf(proxy);
    keycloak.inject({ fault: { kind: "answer", status: 400 } });
    expect(await roleAtLogin(person)).toBe("MEMBER");
    expect((await figuresOf(proxy))[logins("failed")]).toBe(before + 1);
    keycloak.clear();
    expect(await roleAtLogin(person)).toBe("ADMIN");
  });

  login("waits no longer than it may for a slow Keycloak, and the role follows", async () => {
    const hurried = await startProxy({ PROXY_BUDGET: "150" });
    const person = await stage.addPerson("stage-member");
    const { browser, callback } = await beforeCallback(person, hurried);
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    keycloak.inject({ fault: { kind: "hold", until } });
    const end = await browser.follow({ url: callback }, ({ pathname }) => pathname !== callback.pathname);
    expect(end).toHaveProperty("halted");
    const { [logins("late")]: late, login_seconds_total: waited } = await figuresOf(hurried);
    expect(late).toBe(1);
    expect(waited).toBeGreaterThan(0.14);
    expect(await stage.roleOf(person)).toBeUndefined();
    answer();
    await expect.poll(() => stage.roleOf(person), { interval: 100 }).toBe("MEMBER");
    expect(await hurried.stop()).toBe(0);
  });

  login("waits for another run that is writing", async () => {
    const person = await stage.addPerson("stage-member");
    const hold = await holdLock();
    const { browser, callback } = await beforeCallback(person);
    const arrived = browser.get(callback);
    await sleep(300);
    expect(await stage.roleOf(person)).toBeUndefined();
    await hold.release();
    await arrived;
    expect(await stage.roleOf(person)).toBe("MEMBER");
  });

  login("gives nobody more than they may have whose address is not verified", async () => {
    const person = await stage.addPerson("stage-admin", { emailVerified: false });
    const { [logins("refused")]: before = 0 } = await figuresOf(proxy);
    expect(await roleAtLogin(person)).not.toBe("ADMIN");
    expect((await figuresOf(proxy))[logins("refused")]).toBe(before + 1);
  });

  login("hands out no session in strict mode when the role cannot be made sure, and one when it can", async () => {
    const strict = await startProxy({ PROXY_MODE: "refuse" });
    const person = await stage.addPerson("stage-member");
    const { browser, callback } = await beforeCallback(person, strict);
    keycloak.inject({ fault: { kind: "answer", status: 400 } });
    const page = await browser.get(callback);
    expect([page.status, page.headers.getSetCookie()]).toEqual([503, []]);
    expect(page.body).toContain("Please try again in a minute.");
    expect(await readSession(browser, bed.langfuse.url)).toBeUndefined();
    keycloak.clear();
    expect(await roleAtLogin(person, strict)).toBe("MEMBER");
    expect(await strict.stop()).toBe(0);
  });

  login("leaves a refused login as it is, and runs nothing for it", async () => {
    const person = await stage.addPerson("stage-member");
    const { browser, callback } = await beforeCallback(person);
    const before = await figuresOf(proxy);
    const shapeOf = async (url: URL | string, through: string) => {
      const answer = await fetch(`${through}${new URL(url).pathname}${new URL(url).search}`, { redirect: "manual" });
      const cookies = answer.headers.getSetCookie().map((line) => line.split("=")[0]);
      return { status: answer.status, location: answer.headers.get("location"), cookies };
    };
    // Without the cookies of the browser that began the login, Langfuse refuses, and the code stays good.
    const direct = await shapeOf(callback, bed.langfuse.url);
    expect(direct).toMatchObject({ status: 302, location: expect.stringContaining("error=OAuthCallback") });
    expect(await shapeOf(callback, proxy.url)).toEqual(direct);
    const { [logins("failed")]: failed, [logins("in-sync")]: same, [logins("applied")]: applied } = before;
    expect(await figuresOf(proxy)).toMatchObject({
      [logins("failed")]: failed,
      [logins("in-sync")]: same,
      [logins("applied")]: applied,
    });
    expect((await browser.get(callback)).status).toBe(200);
    expect(await stage.roleOf(person)).toBe("MEMBER");
  });
});
