import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type Configuration, parseConfiguration } from "#components/configuration.ts";
import { syncDocument } from "#components/sync-document.ts";
import { syncEnvironment, syncSecrets } from "#components/sync-environment.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { resolved } from "./deployment.ts";
import { completeValues } from "./settings.ts";

function configured(changes: Readonly<Record<string, unknown>>): Configuration {
  const values = Object.entries(changes).map(([key, value]) => [key, JSON.stringify(value)]);
  return parseConfiguration("langfuse-access", { ...completeValues(), ...Object.fromEntries(values) });
}

/** What the sync itself makes of it, in a pod where every key file is there. */
function readBySync(configuration: Configuration) {
  const document = JSON.stringify(syncDocument(configuration, "o1"));
  const credentials = {
    KEYCLOAK_CLIENT_ID: "langfuse-role-sync",
    KEYCLOAK_CLIENT_SECRET: "a",
    LANGFUSE_PUBLIC_KEY: "pk-lf-1",
    LANGFUSE_SECRET_KEY: "sk-lf-1",
  };
  return readConfiguration({ ...syncEnvironment(configuration), ...credentials }, (file) =>
    file === "/configuration/sync.json" ? document : `content of ${file}`,
  );
}

describe("the document of the deployed sync", () => {
  it("has the roles in the configured order of precedence, behind the rules and before the preset", () => {
    const { organizations } = readBySync(
      configured({
        roles: [{ name: "z-admin", grants: "ADMIN" }, { name: "no-rule" }, { name: "a-viewer", grants: "VIEWER" }],
        sync: {
          rules: [{ from: { group: "/interns" }, organization: "NONE", when: { emailDomain: ["Example.com"] } }],
          preset: "existing-roles",
        },
      }),
    );
    const decided = organizations[0]?.rules.rules.map(({ from, organization }) => [
      from.kind === "group" ? from.path : from.name,
      organization,
    ]);
    expect(decided).toEqual([
      ["/interns", "NONE"],
      ["z-admin", "ADMIN"],
      ["a-viewer", "VIEWER"],
      ["admin", "ADMIN"],
      ["operator", "MEMBER"],
      ["developer", "VIEWER"],
    ]);
  });

  it("protects declared members in their organization, and others everywhere", () => {
    const { organizations } = readBySync(
      configured({
        langfuse: {
          url: "https://langfuse.example.com",
          organization: { name: "Company" },
          project: { name: "Assistant" },
          members: [{ email: "Ann@example.com", role: "OWNER" }],
        },
        sync: {
          protect: ["*@partner.example.com"],
          organizations: [{ id: "o2", preset: "existing-roles", protect: ["bob@example.com"] }],
        },
      }),
    );
    expect(organizations.map(({ rules }) => rules.protect)).toEqual([
      ["*@partner.example.com", "ann@example.com"],
      ["*@partner.example.com", "bob@example.com"],
    ]);
  });

  it("gives every setting to all organizations, and one of its own to a further one", () => {
    const { organizations, keycloak } = readBySync(
      configured({
        sync: {
          clientRoles: true,
          defaultRole: "VIEWER",
          unmatched: "remove",
          graceDays: 30,
          provision: true,
          guards: { removals: { floor: 1 }, minimumOwners: 2 },
          organizations: [
            {
              id: "o2",
              name: "Research",
              defaultRole: "NONE",
              unmatched: "keep",
              graceDays: 1,
              provision: false,
              guards: { minimumOwners: 3 },
              rules: [{ from: { clientRole: "crm/support" }, projects: { "Support bot": "VIEWER" } }],
            },
          ],
        },
      }),
    );
    expect(keycloak.clientRoles).toBe(true);
    expect(organizations).toMatchObject([
      {
        name: "Company",
        rules: { organization: "o1", fallback: "VIEWER", unmatched: "remove", graceDays: 30, provision: true },
        guards: { removals: { floor: 1 }, minimumOwners: 2 },
      },
      {
        name: "Research",
        rules: { organization: "o2", fallback: "NONE", unmatched: "keep", graceDays: 1, provision: false },
        guards: { removals: { floor: 1 }, minimumOwners: 3 },
      },
    ]);
  });

  it("finds the keys of a further organization in the Secret that is named, or that this program makes", () => {
    const { organizations } = readBySync(
      configured({
        sync: {
          organizations: [
            { id: "CM_2", preset: "existing-roles" },
            {
              id: "o3",
              preset: "existing-roles",
              secretName: "other-langfuse",
              langfuseUrl: "http://langfuse.other.svc:3000/",
            },
          ],
        },
      }),
    );
    expect(organizations.map(({ langfuse }) => langfuse)).toEqual([
      { url: "https://langfuse.example.com", publicKey: "pk-lf-1", secretKey: "sk-lf-1" },
      {
        url: "https://langfuse.example.com",
        publicKey: "content of /keys/langfuse-key-cm-2/public-key",
        secretKey: "content of /keys/langfuse-key-cm-2/secret-key",
      },
      {
        url: "http://langfuse.other.svc:3000",
        publicKey: "content of /keys/other-langfuse/public-key",
        secretKey: "content of /keys/other-langfuse/secret-key",
      },
    ]);
  });

  it("holds no secret", () => {
    expect(JSON.stringify(syncDocument(configured({}), "o1"))).not.toMatch(/hidden|pk-lf|sk-lf/);
  });
});

describe("the environment of the deployed sync", () => {
  it("has the addresses that pods use, and the number of shards", () => {
    const configuration = configured({
      keycloak: { url: "https://keycloak.example.com", internalUrl: "http://keycloak:8080", realm: "company" },
      langfuse: {
        url: "https://langfuse.example.com",
        internalUrl: "http://langfuse:3000",
        organization: { name: "Company" },
        project: { name: "Assistant" },
      },
      sync: { shards: 2, organizations: [{ id: "o2", preset: "existing-roles" }] },
    });
    expect(syncEnvironment(configuration)).toEqual({
      KEYCLOAK_URL: "http://keycloak:8080",
      KEYCLOAK_REALM: "company",
      LANGFUSE_URL: "http://langfuse:3000",
      SYNC_CONFIG: "/configuration/sync.json",
      SHARDS: "2",
    });
    expect(readBySync(configuration).shard).toEqual({ index: 0, of: 2 });
  });

  it("has an open Pushgateway in the clear, and one with a password among the secrets", async () => {
    const address = { pushgatewayUrl: "https://gateway:9091/push" };
    const open = configured({ sync: { metrics: address } });
    const closed = parseConfiguration("langfuse-access", {
      ...completeValues(),
      sync: JSON.stringify({ metrics: { ...address, pushgatewayUser: "sync@a" } }),
      pushgatewayPassword: "hidden:/@?",
    });
    const account = { clientId: pulumi.output("c"), clientSecret: pulumi.output("s") };
    const key = { publicKey: pulumi.output("p"), secretKey: pulumi.output("k") };
    expect(syncEnvironment(open)).toMatchObject({ PUSHGATEWAY_URL: address.pushgatewayUrl });
    expect(syncSecrets(open, account, key)).not.toHaveProperty("PUSHGATEWAY_URL");
    expect(syncEnvironment(closed)).not.toHaveProperty("PUSHGATEWAY_URL");
    const url = syncSecrets(closed, account, key).PUSHGATEWAY_URL as pulumi.Output<string>;
    expect(await pulumi.isSecret(url)).toBe(true);
    const { username, password, href } = new URL(await resolved(url));
    expect([username, password].map(decodeURIComponent)).toEqual(["sync@a", "hidden:/@?"]);
    expect(href).toMatch(/@gateway:9091\/push$/);
  });
});
