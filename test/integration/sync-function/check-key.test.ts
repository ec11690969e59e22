import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { freePort } from "#local/ports.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { runCommand } from "./command-line.ts";
import { startProgram } from "./program.ts";

let url = "";
let organization = { id: "", publicKey: "", secretKey: "" };
let project = { id: "", publicKey: "", secretKey: "" };
let other = "";
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const named = await namedTarget();
  const { target, stop } = named ? { target: named, stop: async () => {} } : await startLangfuse();
  endings.push(stop);
  url = target.url;
  organization = { id: target.orgId, publicKey: target.orgPublicKey, secretKey: target.orgSecretKey };
  const client = createLangfuseClient({ url, ...organization });
  const [first, second] = await Promise.all(
    ["Key check", "Key check elsewhere"].map((name) => client.createProject({ name: `${name} ${process.pid}` })),
  );
  other = second?.id ?? "";
  const key = await client.createProjectApiKey(first?.id ?? "");
  project = { id: first?.id ?? "", publicKey: key.publicKey, secretKey: key.secretKey };
  endings.push(
    () => client.deleteProject(project.id),
    () => client.deleteProject(other),
  );
});

afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

const environment = (changes: Record<string, string> = {}) => ({
  LANGFUSE_BASE_URL: url,
  LANGFUSE_PUBLIC_KEY: project.publicKey,
  LANGFUSE_SECRET_KEY: project.secretKey,
  ...changes,
});

describe("check-key", () => {
  it("of the expected project is content, in a process of its own with nothing but the Secret of a service", async () => {
    const { ended } = startProgram(["check-key"], environment({ LANGFUSE_PROJECT_ID: project.id }));
    const { exitCode, output, errors } = await ended;
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
    expect(output).toContain(`(${project.id}) in organization ${organization.id}, as expected`);
  });

  it("answers machines as well", async () => {
    const { exitCode, output } = await runCommand(
      ["check-key", "--json", "--organization", organization.id],
      environment(),
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ projectId: project.id, organizationId: organization.id });
  });

  it.each<[string, () => { words?: string[]; changes?: Record<string, string> }, number, RegExp]>([
    ["another project", () => ({ words: ["--project", other] }), 3, /is of project "Key check.*and not of project/],
    [
      "another organization",
      () => ({ words: ["--organization", "o-elsewhere"] }),
      3,
      /and not in organization o-elsewhere/,
    ],
    [
      "a project that overrules the Secret's own",
      () => ({ words: ["--project", other], changes: { LANGFUSE_PROJECT_ID: project.id } }),
      3,
      /and not of project/,
    ],
    [
      "a key of an organization",
      () => ({
        words: ["--project", project.id],
        changes: { LANGFUSE_PUBLIC_KEY: organization.publicKey, LANGFUSE_SECRET_KEY: organization.secretKey },
      }),
      5,
      /this is a key of an organization; a service needs one of a project/,
    ],
    [
      "an unknown key",
      () => ({ words: ["--project", project.id], changes: { LANGFUSE_SECRET_KEY: "sk-lf-unknown" } }),
      5,
      /401/,
    ],
    ["nothing", () => ({}), 64, /nothing is expected; give --project ID/],
    [
      "an address that is none",
      () => ({ words: ["--project", "p"], changes: { LANGFUSE_BASE_URL: "langfuse" } }),
      64,
      /LANGFUSE_BASE_URL or .* is no plain address/,
    ],
    [
      "a missing key",
      () => ({ words: ["--project", "p"], changes: { LANGFUSE_SECRET_KEY: "" } }),
      64,
      /LANGFUSE_SECRET_KEY is not set/,
    ],
  ])("for %s ends with the right code, the reason and no secret", async (_title, given, code, message) => {
    const { words = [], changes } = given();
    const { exitCode, output, complaints } = await runCommand(["check-key", ...words], environment(changes));
    expect(complaints).toMatch(message);
    expect(exitCode).toBe(code);
    expect(output).toBe("");
    for (const secret of [project.secretKey, organization.secretKey]) expect(complaints).not.toContain(secret);
  });

  it("of a server that is not there ends as unreachable", async () => {
    const nowhere = environment({ LANGFUSE_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const { ended } = startProgram(["check-key", "--project", project.id], nowhere);
    expect((await ended).exitCode).toBe(5);
  });
});
