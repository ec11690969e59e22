import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type ManagementSecrets,
  managedTenant,
  managementContradictions,
  missingKey,
} from "#components/langfuse/management.ts";
import { tenantShape } from "#components/langfuse/tenant-settings.ts";

const pair = { langfuseOrganizationPublicKey: "pk-lf-1", langfuseOrganizationSecretKey: "sk-lf-1" };
const server = { langfuseAdminApiKey: "hidden" };
const settings = (changes: object, manage = true) => ({
  ...z.object(tenantShape).parse({ project: { name: "Assistant" }, ...changes }),
  manage,
});
const problemsOf = (changes: object, secrets: ManagementSecrets, manage = true) => [
  ...(manage ? missingKey(secrets) : []),
  ...managementContradictions(settings(changes, manage), secrets, "tools"),
];
const named = { organization: { name: "Company" } };
const taken = { organization: { id: "o1" } };

describe("what is declared in Langfuse", () => {
  it.each<[string, object, ManagementSecrets]>([
    ["a name and the server key", named, server],
    ["an id and the server key", taken, server],
    ["an id and a pair", taken, pair],
    ["an id, a pair and the server key, which the server gets", taken, { ...server, ...pair }],
  ])("is accepted with %s", (_title, changes, secrets) => {
    expect(problemsOf(changes, secrets)).toEqual([]);
  });

  it.each<[string, object, ManagementSecrets, RegExp]>([
    ["no key", named, {}, /^langfuseAdminApiKey is missing: run .* or set langfuse\.manage to false/],
    [
      "half a pair",
      taken,
      { langfuseOrganizationPublicKey: "pk-lf-1" },
      /^langfuseOrganizationSecretKey is missing beside/,
    ],
    [
      "a pair and a name",
      named,
      pair,
      /^langfuse\.organization\.id is missing: a key of an organization opens that one only/,
    ],
    ["no pair of Langfuse", taken, { ...pair, langfuseOrganizationSecretKey: "hidden" }, /are no pair of Langfuse/],
    [
      "a rotation of a given pair",
      { ...taken, organizationKey: { generation: 2 } },
      pair,
      /^langfuse\.organizationKey is set/,
    ],
    ["neither name nor id", {}, server, /^langfuse\.organization\.name is missing/],
    [
      "name and id",
      { organization: { name: "Company", id: "o1" } },
      server,
      /^langfuse\.organization has a name and an id/,
    ],
    ["no project", { ...named, project: undefined }, server, /^langfuse\.project is missing/],
  ])("is refused with %s", (_title, changes, secrets, message) => {
    const problems = problemsOf(changes, secrets);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain("hidden");
  });

  it("is nothing when it is switched off, and then nothing may be named", () => {
    expect(problemsOf({ project: undefined }, {}, false)).toEqual([]);
    expect(problemsOf({ project: undefined }, server, false)).toEqual([]);
    const left = problemsOf({ ...named, members: [{ email: "a@example.com", role: "OWNER" }] }, pair, false);
    expect(left.map((line) => line.split(" ")[0])).toEqual([
      "langfuse.organization",
      "langfuse.project",
      "langfuse.members",
      "langfuseOrganizationPublicKey",
      "langfuseOrganizationSecretKey",
    ]);
    expect(managedTenant({ langfuse: settings({}, false), secrets: {} })).toBeUndefined();
  });

  it("has the given pair, and none otherwise", () => {
    expect(managedTenant({ langfuse: settings(taken), secrets: pair })?.credentials).toEqual({
      publicKey: "pk-lf-1",
      secretKey: "sk-lf-1",
    });
    expect(managedTenant({ langfuse: settings(named), secrets: server })).not.toHaveProperty("credentials");
  });
});
