import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "#local/bed/bed.ts";
import { companySecrets, companySettings } from "#local/bed/company-stack.ts";
import { exportRealm } from "#local/keycloak/realm.ts";
import { startKeycloak } from "#local/keycloak/server.ts";
import { type LangfuseServer, startLangfuse } from "#local/langfuse/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress, silent } from "#local/progress.ts";
import { Stack } from "#local/pulumi/stack.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { sharedBed } from "#test/bed.ts";

let bed: Bed;
let realm: unknown;
let unlicensed: LangfuseServer;

beforeAll(async () => {
  bed = await sharedBed();
  realm = await exportRealm(bed.admin, bed.realm);
  unlicensed = await startLangfuse({ plan: "oss" });
});

afterAll(() => unlicensed?.stop());

interface Mistake {
  readonly title: string;
  /** Changes the right settings and secrets of the company's stack into wrong ones. */
  readonly spoil: (right: Right) => Partial<Right>;
  readonly message: RegExp;
}

interface Right {
  readonly settings: Record<string, unknown>;
  readonly secrets: Record<string, string>;
}

const at = ({ settings }: Right, key: string) => settings[key] as Record<string, unknown>;

const mistakes: Mistake[] = [
  {
    title: "an unknown key",
    spoil: (right) => ({ settings: { ...right.settings, gate: { denyMesage: "No" } } }),
    message: /langfuse-access:gate\.denyMesage is not a known key: did you mean "denyMessage"\?/,
  },
  {
    title: "a missing secret",
    spoil: ({ secrets: { langfuseAdminApiKey: _, ...secrets } }) => ({ secrets }),
    message: /langfuse-access:langfuseAdminApiKey is missing: run `pulumi config set --secret/,
  },
  {
    title: "a Keycloak that is not there",
    // Nobody listens there: it is the port of a service that no machine offers any more (RFC 863).
    spoil: (right) => ({
      settings: { ...right.settings, keycloak: { ...at(right, "keycloak"), url: "http://127.0.0.1:9" } },
    }),
    message: /Keycloak: POST .* got no answer \(ECONNREFUSED\)/,
  },
  {
    title: "a wrong Keycloak password",
    spoil: ({ secrets }) => ({ secrets: { ...secrets, keycloakAdminSecret: "not-the-password" } }),
    message: /Keycloak: POST .* answered 40[01].*check keycloak\.admin and the secret keycloakAdminSecret/,
  },
  {
    title: "a wrong ADMIN_API_KEY",
    spoil: ({ secrets }) => ({ secrets: { ...secrets, langfuseAdminApiKey: "not-the-admin-key" } }),
    message: /langfuseAdminApiKey must be the server's ADMIN_API_KEY/,
  },
  {
    title: "a Langfuse without licence",
    spoil: (right) => ({
      settings: { ...right.settings, langfuse: { ...at(right, "langfuse"), url: unlicensed.target.url } },
      secrets: { ...right.secrets, langfuseAdminApiKey: unlicensed.target.adminApiKey ?? "" },
    }),
    message:
      /has no licence for managing organizations .* secrets and hardening work without one: .* set langfuse\.manage to false/s,
  },
  {
    title: "a client that the realm does not have",
    spoil: (right) => ({
      settings: { ...right.settings, keycloak: { ...at(right, "keycloak"), langfuseClient: "langfuze" } },
    }),
    message: /realm "company" has no client "langfuze"/,
  },
];

async function refused({ title, spoil, message }: Mistake): Promise<void> {
  const right = { settings: companySettings(bed), secrets: companySecrets(bed) };
  const stack = await Stack.create({
    name: `refused-${randomUUID().slice(0, 8)}`,
    folder: `${bed.folder}/refused-${title.replaceAll(" ", "-")}`,
    progress: silent,
    ...right,
    ...spoil(right),
  });
  const up = await stack.up();
  expect(up.exitCode).not.toBe(0);
  expect(up.output).toMatch(message);
  expect(up.output).not.toMatch(/^ +at .*:\d+:\d+/m);
  for (const secret of Object.values(right.secrets)) expect(up.output.includes(secret)).toBe(false);
}

describe("pulumi up refuses, in one clear message and with nothing done,", () => {
  it.each(mistakes)("$title", async (mistake) => {
    const organizations = async () => (await createLangfuseAdminClient(bed.langfuse).listOrganizations()).length;
    const before = await organizations();
    await refused(mistake);
    expect(await exportRealm(bed.admin, bed.realm)).toEqual(realm);
    expect(await organizations()).toBe(before);
  });

  it("but not what works without a licence: with nothing to manage the same Langfuse is good enough", async () => {
    const { langfuseAdminApiKey: _, ...secrets } = companySecrets(bed);
    const stack = await Stack.create({
      name: `unmanaged-${randomUUID().slice(0, 8)}`,
      folder: `${bed.folder}/unmanaged`,
      progress: silent,
      settings: {
        ...companySettings(bed),
        langfuse: { url: unlicensed.target.url, manage: false },
        gate: { allowEmpty: true },
      },
      secrets,
    });
    const { exitCode, output, changes } = await stack.preview();
    expect(exitCode, output).toBe(0);
    expect(Object.keys(changes)).toEqual(["create"]);
    expect(output).toMatch(/BrowserFlowBinding/);
    expect(output).toMatch(/langfuse-settings/);
    expect(output).not.toMatch(/dynamic\/langfuse:(Organization|Project|Membership)|CronJob|Undefined value/);
  });

  it("a Keycloak without the gate's condition (26.0.8)", async () => {
    const processes = new ProcessGroup();
    try {
      const old = await startKeycloak({ version: "26.0.8", processes, progress: createProgress() });
      await refused({
        title: "an old Keycloak",
        spoil: (right) => ({
          settings: {
            ...right.settings,
            keycloak: {
              ...at(right, "keycloak"),
              url: old.url,
              realm: "master",
              admin: { username: old.adminUsername },
            },
          },
          secrets: { ...right.secrets, keycloakAdminSecret: old.adminPassword },
        }),
        message: /has no authenticator "conditional-client-scope".*use Keycloak 26\.1 or newer/s,
      });
    } finally {
      await processes.stop();
    }
  });
});
