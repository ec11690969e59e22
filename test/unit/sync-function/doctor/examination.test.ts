import { expect, it } from "vitest";
import { examineKeys, examineOrganization, examineServer } from "#sync/doctor/langfuse.ts";
import type { Probe, ProbeAnswer } from "#sync/doctor/probe.ts";
import { examineSignIn } from "#sync/doctor/sign-in.ts";

/** A server that answers by the end of the path; nothing where there is no entry. */
function server(answers: Readonly<Record<string, readonly [status: number, body: unknown]>>): Probe {
  return async (url): Promise<ProbeAnswer | undefined> => {
    const entry = Object.entries(answers).find(([path]) => url.endsWith(path));
    if (entry === undefined) return undefined;
    const [status, body] = entry[1];
    return { status, body, date: undefined, cookies: "" };
  };
}

const organization = {
  organization: "acme",
  url: "http://langfuse/",
  publicKey: "pk-lf-a",
  secretKey: "sk-lf-a",
  projectKeys: new Set(["p"]),
};
const summary = (findings: readonly { severity: string; check: string; remedy?: string | undefined }[]) =>
  findings.map(({ severity, check }) => `${severity} ${check}`);

it("a licence that is missing and a key of a project are told apart", async () => {
  const refusal = (detail: string) => server({ "/scim/Users?count=1": [403, { detail, status: 403 }] });
  const licence = await examineOrganization(
    organization,
    refusal("This feature is not available on your current plan."),
  );
  expect(summary(licence)).toEqual(["error acme: licence"]);
  expect(licence[0]?.remedy).toContain("enterprise licence");
  const scope = "Invalid API key. Organization-scoped API key required for this operation.";
  const key = await examineOrganization(organization, refusal(scope));
  expect(summary(key)).toEqual(["error acme: key"]);
  expect(key[0]?.remedy).toBe("use a key of the organization, not of a project");
});

it("project roles matter only where a rule gives some", async () => {
  const probe = server({
    "/scim/Users?count=1": [200, {}],
    "/organizations/projects": [200, { projects: [{ id: "p" }] }],
    "/projects/p/memberships": [403, { error: "Your plan does not include project role management." }],
  });
  expect(summary(await examineOrganization(organization, probe)).at(-1)).toBe("error acme: project roles");
  const without = await examineOrganization({ ...organization, projectKeys: new Set<string>() }, probe);
  expect(summary(without).at(-1)).toBe("info acme: project roles");
});

it("projects that rules name must exist, once", async () => {
  const list = [
    { id: "p", name: "Chat" },
    { id: "q", name: "Search" },
    { id: "r", name: "Search" },
  ];
  const probe = server({
    "/scim/Users?count=1": [200, {}],
    "/organizations/projects": [200, { projects: list }],
    "/projects/p/memberships": [200, { memberships: [] }],
  });
  const found = async (...keys: string[]) => {
    const findings = await examineOrganization({ ...organization, projectKeys: new Set(keys) }, probe);
    return findings
      .filter(({ check }) => check === "acme: projects")
      .map(({ severity, fact }) => `${severity} ${fact}`);
  };
  expect(await found("p", "Chat", "q")).toEqual(["ok every project of the rules exists"]);
  expect(await found("chat", "Search")).toEqual([
    'error there are several projects "Search"',
    'error there is no project "chat" (did you mean "Chat"?)',
  ]);
});

it("two keys of one organization are found by the keys that both list, on one server", async () => {
  const of = (name: string, publicKey: string, url = "http://langfuse") => ({
    organization: name,
    url,
    publicKey,
    secretKey: "sk-lf-a",
  });
  /** What each public key lists; the first two are of one organization. */
  const lists: Readonly<Record<string, readonly string[]>> = { a: ["1", "2"], b: ["1", "2"], c: ["3"] };
  const probe: Probe = async (url, { headers } = {}) => {
    expect(url).toMatch(/\/api\/public\/organizations\/apiKeys$/);
    const credentials = Buffer.from(headers?.authorization?.split(" ")[1] ?? "", "base64").toString();
    const ids = lists[credentials.split(":")[0] ?? ""];
    const body = ids === undefined ? { error: "no" } : { apiKeys: ids.map((id) => ({ id })) };
    return { status: 200, date: undefined, cookies: "", body };
  };
  expect(await examineKeys([of("A", "a"), of("C", "c"), of("B", "b")], probe)).toMatchObject([
    { check: "B: key", severity: "error", kind: "usage", fact: expect.stringContaining("as that of A") },
  ]);
  expect(await examineKeys([of("A", "a"), of("B", "b", "http://other")], probe)).toEqual([]);
  expect(await examineKeys([of("A", "unknown"), of("B", "unknown")], probe)).toEqual([]);
});

it("a server that does not answer is one finding", async () => {
  expect(summary(await examineServer("http://langfuse", server({}), () => new Date()))).toEqual([
    "error Langfuse health",
  ]);
});

const begin = (realm: string) =>
  server({
    "/api/auth/providers": [200, { keycloak: { id: "keycloak" } }],
    "/api/auth/csrf": [200, { csrfToken: "token" }],
    "/signin/keycloak": [200, { url: `https://sso.example.com/realms/${realm}/protocol/openid-connect/auth?x=y` }],
  });
const unknown = { accountLinking: undefined, signUp: undefined };
const examination = { langfuseUrl: "http://langfuse", realm: "company", provision: false, declared: unknown };

it("a login through another realm, or without Keycloak, is warned of", async () => {
  expect(summary(await examineSignIn(examination, begin("company")))[0]).toBe("ok Langfuse sign-in");
  const other = await examineSignIn({ ...examination, provision: true }, begin("other"));
  expect(summary(other)).toEqual(["warning Langfuse sign-in", "warning Langfuse sign-in"]);
  const without = server({ "/api/auth/providers": [200, { credentials: { id: "credentials" } }] });
  expect((await examineSignIn(examination, without))[0]?.fact).toBe('it has no provider "keycloak" (but credentials)');
});

it.each([
  [undefined, undefined, false, "info", "cannot be seen from outside"],
  [undefined, false, true, "warning", "cannot be seen from outside"],
  [false, false, false, "error", "nobody new gets in"],
  [false, true, true, "error", "people whom the sync makes members before their first login do not get in"],
  [false, true, false, "warning", "somebody who is made a member before their first login does not get in"],
  [false, undefined, false, "warning", "somebody who is made a member before their first login does not get in"],
  [true, false, false, "warning", "nobody gets in whom nobody made a member before"],
  [true, false, true, "ok", "get in, by what the server was told"],
  [true, true, false, "ok", "get in, by what the server was told"],
] as const)(
  "account linking %s, sign-up %s and provisioning %s are judged as %s: %s",
  async (accountLinking, signUp, provision, severity, fact) => {
    const declared = { accountLinking, signUp };
    const found = (await examineSignIn({ ...examination, provision, declared }, begin("company"))).at(-1);
    expect(found).toMatchObject({ check: "Langfuse sign-in", severity, fact: expect.stringContaining(fact) });
    if (severity !== "ok") expect(found?.remedy).toMatch(/AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING|AUTH_DISABLE_SIGNUP/);
    if (severity === "error") expect(found?.kind).toBe("usage");
  },
);
