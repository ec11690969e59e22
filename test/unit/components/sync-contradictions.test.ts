import { describe, expect, it } from "vitest";
import { parseConfiguration } from "#components/configuration.ts";
import { AccessError } from "#sync/errors.ts";
import { changedValues } from "./settings.ts";

function problemsOf(sync: Readonly<Record<string, unknown>>): string[] {
  try {
    parseConfiguration("langfuse-access", changedValues("sync", sync));
  } catch (error) {
    if (!(error instanceof AccessError) || error.kind !== "usage") throw error;
    return error.message.split("\n  - langfuse-access:").slice(1);
  }
  return [];
}

const preset = "existing-roles";
const rule = (from: object) => ({ from, organization: "MEMBER" });

it("an organization without a key is refused where nothing can make one", () => {
  const { langfuseAdminApiKey: _, ...values } = changedValues("sync", { organizations: [{ id: "o2", preset }] });
  const langfuse = { ...JSON.parse(values.langfuse ?? "{}"), organization: { id: "o1" } };
  const pair = { langfuseOrganizationPublicKey: "pk-lf-1", langfuseOrganizationSecretKey: "sk-lf-1" };
  expect(() =>
    parseConfiguration("langfuse-access", { ...values, ...pair, langfuse: JSON.stringify(langfuse) }),
  ).toThrow(
    "sync.organizations.0 needs a key, which only the server's own key can make: set secretName to a Secret with one, or the secret langfuseAdminApiKey",
  );
});

it("a rule that only deserves a look is a warning", () => {
  const sync = { rules: [{ from: { group: "/crm" }, projects: { Assistant: "VIEWER" } }], defaultRole: "NONE" };
  const { warnings } = parseConfiguration("langfuse-access", changedValues("sync", sync));
  expect(warnings).toEqual([
    "langfuse-access:sync: rule 0 (group /crm) gives roles in projects, but its people get NONE in the organization and see nothing else; add organization to it, or set default, unless that is meant (sync.rules count from 0, then roles, then preset)",
  ]);
});

describe("settings of the sync are refused, each with its key and what to do:", () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["an unknown key", { unmached: "keep" }, 'sync.unmached is not a known key: did you mean "unmatched"?'],
    [
      "an unknown key of a rule",
      { rules: [{ ...rule({ group: "/a" }), project: {} }] },
      'sync.rules.0.project is not a known key: did you mean "projects"?',
    ],
    [
      "an unknown key of a limit",
      { guards: { removals: { share: 1 } } },
      "sync.guards.removals.share is not a known key: use one of floor, fraction, absolute",
    ],
    [
      "a misspelt role of a project",
      { rules: [{ from: { group: "/a" }, projects: { Assistant: "ADMN" } }] },
      'sync.rules.0.projects.Assistant is "ADMN": use one of OWNER, ADMIN, MEMBER, VIEWER, NONE (did you mean "ADMIN"?)',
    ],
    [
      "a group that is no path",
      { rules: [rule({ group: "research" })] },
      'sync.rules.0.from.group "research" is no full path of a group; write for example /departments/research',
    ],
    [
      "a rule with two sources",
      { rules: [rule({ group: "/a", realmRole: "b" })] },
      "sync.rules.0.from must have exactly one of realmRole, clientRole and group",
    ],
    [
      "a rule that gives nothing",
      { rules: [{ from: { group: "/a" } }] },
      "sync.rules.0 gives nothing; set organization or projects",
    ],
    [
      "a pattern with a blank",
      { protect: ["a b"] },
      'sync.protect.0 "a b" is no pattern for one address; write for example owner@example.com or *@example.com',
    ],
    [
      "a share above one",
      { guards: { removals: { fraction: 20 } } },
      "sync.guards.removals.fraction is 20: use at most 1",
    ],
    ["half a shard", { shards: 1.5 }, "sync.shards is 1.5: use a whole number"],
    ["no shard", { shards: 0 }, "sync.shards is 0: use at least 1"],
    [
      "more shards than organizations",
      { shards: 3, organizations: [{ id: "o2", preset }] },
      "sync.shards is 3 for 2 organizations: use at most 2, since none is ever split",
    ],
    [
      "more pods at a time than shards",
      { parallelism: 2 },
      "sync.parallelism is 2 for 1 shards: use at most as many, or leave it out",
    ],
    [
      "a user of the Pushgateway without a password",
      { metrics: { pushgatewayUrl: "http://gateway:9091", pushgatewayUser: "sync" } },
      "sync.metrics.pushgatewayUser is set without a password: run `pulumi config set --secret pushgatewayPassword`",
    ],
    [
      "a password in the address of the Pushgateway",
      { metrics: { pushgatewayUrl: "http://sync:hidden@gateway:9091" } },
      "sync.metrics.pushgatewayUrl is an address with a password: use http:// or https://, a host and at most a path",
    ],
    [
      "a client role that the sync may not see",
      { rules: [rule({ clientRole: "crm/support" })] },
      'sync.rules.0 is about the client role "crm/support", which the sync may not see: set sync.clientRoles to true, and it gets view-clients',
    ],
    [
      "a further organization without rules",
      { organizations: [{ id: "o2" }] },
      "sync.organizations.0 gives nobody a role: set sync.organizations.0.rules or sync.organizations.0.preset",
    ],
    [
      "an organization that is there twice",
      {
        organizations: [
          { id: "o2", name: "B", preset },
          { id: "o2", name: "C", preset, secretName: "c" },
        ],
      },
      'sync.organizations has the id "o2" more than once: give each one of its own',
    ],
    [
      "the name of the declared organization",
      { organizations: [{ id: "o2", name: "Company", preset }] },
      'sync.organizations has the name "Company" more than once: give each one of its own',
    ],
    [
      "a key that is made in a Secret without a name",
      { organizations: [{ id: "o2", preset, bootstrap: true }] },
      "sync.organizations.0.bootstrap makes a key of the declared Langfuse in a Secret with a name: set secretName, and no langfuseUrl",
    ],
    [
      "a rule that can never decide",
      {
        rules: [
          { from: { group: "/all" }, organization: "VIEWER" },
          { from: { group: "/all/research" }, organization: "ADMIN" },
        ],
      },
      "sync: rule 1 (group /all/research) never decides, because rule 0 (group /all) comes first for everybody it applies to; move it up, or drop it (sync.rules count from 0, then roles, then preset)",
    ],
    [
      "another Langfuse without a key",
      { organizations: [{ id: "o2", preset, langfuseUrl: "http://other:3000" }] },
      "sync.organizations.0 is in another Langfuse, where this program can make no key: set secretName to a Secret with its key",
    ],
  ])("%s", (_title, sync, expected) => {
    expect(problemsOf(sync)).toEqual([expected]);
  });
});
