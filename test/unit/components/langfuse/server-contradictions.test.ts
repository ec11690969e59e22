import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serverSettingsSchema } from "#components/langfuse/server-settings.ts";
import { signInOf } from "#components/langfuse/sign-in.ts";
import { isMightier } from "#sync/langfuse/role.ts";
import { anyCase, type Case, contextOf, problemsOf, warningsOf } from "./server-cases.ts";

const accepted: [string, Case][] = [
  ["nothing is set", {}],
  ["nothing is set and there is no gate", { gate: false, members: 0 }],
  ["sign-up is off for people who are provisioned", { server: { signIn: { signUp: false } } }],
  [
    "the issuer is the same realm under a public address",
    { server: { signIn: { issuer: "https://id.example.com/auth/realms/company" } } },
  ],
  ["the client is another gated one", { server: { signIn: { clientId: "second" } } }],
  ["there is no provider, no gate and passwords", { gate: false, server: { signIn: { provider: "none" } } }],
  [
    "a custom provider is complete and nothing is gated",
    {
      gate: false,
      server: {
        signIn: { provider: "custom", issuer: "https://sso.example.com", clientId: "x", name: "SSO", scope: "openid" },
      },
      secrets: ["langfuseClientSecret"],
    },
  ],
  [
    "everybody without a gate may look",
    { gate: false, server: { defaultAccess: { role: "VIEWER", project: { role: "VIEWER" } } } },
  ],
  ["everybody behind the gate may work", { server: { defaultAccess: { role: "MEMBER" } } }],
  [
    "default access names a foreign organization and its project",
    {
      isManaged: false,
      server: { defaultAccess: { role: "NONE", organizationId: "o1", project: { id: "p1", role: "VIEWER" } } },
    },
  ],
  [
    "the first start is complete",
    {
      server: {
        init: {
          organization: { id: "o1" },
          project: { id: "p1", publicKey: "pk-lf-1" },
          user: { email: "a@example.com" },
        },
      },
      secrets: ["langfuseInitUserPassword", "langfuseInitProjectSecretKey"],
    },
  ],
  [
    "the organization of the first start is adopted",
    { adopt: "if-exists", server: { init: { organization: { id: "o1", name: "Company" } } } },
  ],
];

const refused: [string, Case, RegExp][] = [
  [
    "the secret of another realm's client is not given",
    { gate: false, server: { signIn: { issuer: "https://keycloak.example.com/realms/other" } } },
    /^signIn\.issuer is .* cannot be read in the realm "company"/,
  ],
  [
    "a gate stands before no provider",
    { server: { signIn: { provider: "none" } } },
    /^signIn\.provider is none, but the gate/,
  ],
  [
    "nobody could sign in",
    { gate: false, server: { signIn: { provider: "none", passwordLogin: false } } },
    /^signIn\.passwordLogin is off .* nobody could sign in/,
  ],
  [
    "single sign-on is enforced without a provider",
    { gate: false, server: { signIn: { provider: "none", enforcedDomains: ["example.com"] } } },
    /^signIn\.enforcedDomains asks for single sign-on/,
  ],
  [
    "no provider has an issuer",
    { gate: false, server: { signIn: { provider: "none", issuer: "https://a.example.com" } } },
    /^signIn\.issuer is of a provider/,
  ],
  [
    "no provider has linking",
    { gate: false, server: { signIn: { provider: "none", accountLinking: true } } },
    /^signIn\.accountLinking is of a provider/,
  ],
  [
    "no provider has a client secret",
    { gate: false, server: { signIn: { provider: "none" } }, secrets: ["langfuseClientSecret"] },
    /langfuseClientSecret is set: name a provider/,
  ],
  [
    "a custom provider has no issuer",
    { gate: false, server: { signIn: { provider: "custom", clientId: "x" } }, secrets: ["langfuseClientSecret"] },
    /^signIn\.issuer is missing/,
  ],
  [
    "a custom provider has no client secret",
    { gate: false, server: { signIn: { provider: "custom", clientId: "x", issuer: "https://a.example.com" } } },
    /pulumi config set --secret langfuseClientSecret/,
  ],
  [
    "Keycloak has a name of its own",
    { server: { signIn: { name: "Company" } } },
    /^signIn\.name is of a custom provider only/,
  ],
  [
    "the issuer is another realm than the gated one",
    { server: { signIn: { issuer: "https://keycloak.example.com/realms/other" } } },
    /^signIn\.issuer is .* the gate guards the realm "company"/,
  ],
  [
    "a custom provider goes round the gate",
    {
      server: { signIn: { provider: "custom", clientId: "langfuse", issuer: "https://sso.example.com" } },
      secrets: ["langfuseClientSecret"],
    },
    /people would go round it/,
  ],
  [
    "the client is not gated",
    { server: { signIn: { clientId: "third" } } },
    /^signIn\.clientId is "third", but the gate guards "langfuse", "second"/,
  ],
  [
    "sign-up is off without linking",
    { server: { signIn: { signUp: false, accountLinking: false } } },
    /^signIn\.signUp is off, and without account linking/,
  ],
  [
    "sign-up is off and nobody is provisioned",
    { members: 0, server: { signIn: { signUp: false } } },
    /^signIn\.signUp is off, and nobody is provisioned/,
  ],
  [
    "everybody without a gate may work",
    { gate: false, server: { defaultAccess: { role: "MEMBER" } } },
    /^defaultAccess\.role is MEMBER, and without a gate/,
  ],
  [
    "everybody without a gate administers a project",
    { gate: false, server: { defaultAccess: { role: "NONE", project: { role: "ADMIN" } } } },
    /^defaultAccess\.project\.role is ADMIN, and without a gate/,
  ],
  [
    "default access is in an organization that is not declared",
    { isManaged: false, server: { defaultAccess: { role: "NONE" } } },
    /^defaultAccess\.organizationId is missing/,
  ],
  [
    "default access mixes two organizations",
    { server: { defaultAccess: { role: "NONE", organizationId: "o1", project: { role: "VIEWER" } } } },
    /^defaultAccess\.project\.id is missing/,
  ],
  [
    "the first owner has no password",
    { server: { init: { organization: { id: "o1" }, user: { email: "a@example.com" } } } },
    /^init\.user needs its secret: .*langfuseInitUserPassword/,
  ],
  [
    "a password has no owner",
    { secrets: ["langfuseInitUserPassword"] },
    /^init\.user is missing, but the secret langfuseInitUserPassword is set/,
  ],
  [
    "the first key has no secret",
    { server: { init: { organization: { id: "o1" }, project: { id: "p1", publicKey: "pk-lf-1" } } } },
    /langfuseInitProjectSecretKey/,
  ],
  [
    "two organizations of one name would appear",
    { server: { init: { organization: { id: "o1", name: "Company" } } } },
    /^init\.organization makes "Company"/,
  ],
];

describe("the settings of the server", () => {
  it.each(accepted)("are accepted when %s", (_title, one) => {
    expect(problemsOf(one)).toEqual([]);
  });

  it.each(refused)("are refused when %s", (_title, one, message) => {
    const problems = problemsOf(one);
    expect(problems).toEqual([expect.stringMatching(message)]);
    // The reason, and after the colon or the full stop what to do.
    expect(problems[0]).toMatch(/(: |\. )\S+/);
  });

  it("warn of a password form beside the gate, and of declared people who could not enter", () => {
    expect(warningsOf({})).toEqual([]);
    expect(warningsOf({ server: { signIn: { passwordLogin: true } } })).toEqual([
      expect.stringContaining("signIn.passwordLogin is on beside a gate"),
    ]);
    expect(warningsOf({ server: { signIn: { accountLinking: false } } })).toEqual([
      expect.stringContaining("OAuthAccountNotLinked"),
    ]);
    expect(
      warningsOf({ gate: false, members: 0, server: { signIn: { passwordLogin: true, accountLinking: false } } }),
    ).toEqual([]);
  });
});

it("whatever is accepted lets somebody in, lets new people in, and lets nobody round the gate", () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      fc.pre(problemsOf(one).length === 0);
      const context = contextOf(one);
      const settings = serverSettingsSchema.parse(one.server);
      const signIn = signInOf(settings, context);
      expect(signIn.provider !== "none" || signIn.passwordLogin).toBe(true);
      if (signIn.provider === "none") expect(context.gate.enabled).toBe(false);
      else {
        expect(signIn.signUp || (signIn.accountLinking && context.members > 0)).toBe(true);
        if (context.gate.enabled) {
          expect([signIn.issuer, signIn.clientId]).toEqual(["https://keycloak.example.com/realms/company", "langfuse"]);
        }
        if (context.gate.enabled && signIn.passwordLogin) expect(warningsOf(one)).not.toEqual([]);
      }
      const { defaultAccess } = settings;
      if (defaultAccess && !context.gate.enabled) {
        for (const given of [defaultAccess.role, defaultAccess.project?.role ?? "NONE"] as const) {
          expect(isMightier(given, "VIEWER")).toBe(false);
        }
      }
    }),
  );
});
