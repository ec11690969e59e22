import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LangfuseOptions } from "#local/langfuse/options.ts";
import { type LangfuseServer, startLangfuse } from "#local/langfuse/server.ts";
import { corpusFolder, loadCorpus } from "./contract.ts";

const corpus = await loadCorpus();

const configurations: readonly { readonly title: string; readonly options: LangfuseOptions }[] = [
  { title: "with an enterprise licence", options: { plan: "enterprise" } },
  { title: "without a licence", options: { plan: "oss" } },
  { title: "without an admin key", options: { plan: "enterprise", adminApiKey: null } },
];

describe("the recorded contract", () => {
  if (!corpus) {
    // A missing corpus must not look like success where it is meant to be there.
    const missing = `no contract corpus in ${corpusFolder}; set LANGFUSE_CONTRACT to the folder that holds replay.mjs`;
    it.skipIf(!process.env.CI)(`is replayed (${missing})`, () => expect.fail(missing));
    return;
  }
  const { runner, scenarios } = corpus;

  it("has at least one scenario", () => {
    expect(scenarios.length).toBeGreaterThan(0);
  });

  describe.each(configurations)("$title", ({ options }) => {
    let server: LangfuseServer;
    beforeAll(async () => {
      server = await startLangfuse({ ...options, control: true });
    });
    afterAll(async () => await server.stop());

    const { plan = "enterprise", adminApiKey } = options;
    const suiting = scenarios.filter(({ requires }) => {
      const need = { plan: "enterprise", adminApiKey: "set", ...requires };
      return need.plan === plan && need.adminApiKey === (adminApiKey === null ? "unset" : "set");
    });

    it.each(suiting)("$name", async (scenario) => {
      expect(runner.suits(scenario, server.target)).toBe(true);
      const answer = await fetch(server.resetUrl, { method: "POST" });
      expect(await answer.json()).toEqual(server.target);
      expect(await runner.runScenario(scenario, server.target)).toBeNull();
    });
  });
});
