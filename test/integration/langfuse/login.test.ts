import { describe, expect, it } from "vitest";
import { call, createUser } from "./client.ts";
import { SESSION_COOKIE, startVisited, useLogin } from "./login-fixture.ts";
import { field, Visitor } from "./visitor.ts";

const login = useLogin();

describe("a successful login", () => {
  it("goes through csrf, sign-in, provider and callback to a session", async () => {
    const { visitor, base } = await startVisited(login);
    login.issuer().become({ sub: "s1", email: "Login1@Example.com", name: "Login One", email_verified: false });
    const csrf = await visitor.get("/api/auth/csrf");
    expect(field(csrf, "csrfToken")).toMatch(/^[0-9a-f]{64}$/);
    expect(csrf.setCookies).toEqual([
      expect.stringMatching(/^next-auth\.csrf-token=[0-9a-f]{64}%7C[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Lax$/),
      `next-auth.callback-url=${encodeURIComponent(base)}; Path=/; HttpOnly; SameSite=Lax`,
    ]);

    const started = await visitor.startSignIn();
    const url = new URL(field(started, "url"));
    expect(url.href).toContain("scope=openid%20email%20profile");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "langfuse",
      scope: "openid email profile",
      response_type: "code",
      redirect_uri: `${base}/api/auth/callback/keycloak`,
      state: expect.any(String),
      code_challenge: expect.any(String),
      code_challenge_method: "S256",
    });
    const names = started.setCookies.map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual(["next-auth.callback-url", "next-auth.state", "next-auth.pkce.code_verifier"]);
    expect(started.setCookies[1]).toContain("Max-Age=900");

    const callback = await visitor.get((await visitor.get(url.href)).location);
    expect([callback.status, callback.location]).toEqual([302, `${base}/`]);
    expect(callback.setCookies).toEqual([
      expect.stringMatching(/^next-auth\.state=; Path=\/; Max-Age=0;/),
      expect.stringMatching(/^next-auth\.pkce\.code_verifier=; Path=\/; Max-Age=0;/),
      expect.stringMatching(/^next-auth\.session-token=[^;]+; Path=\/; Max-Age=2592000; .*HttpOnly; SameSite=Lax$/),
    ]);

    const session = await visitor.get("/api/auth/session");
    expect(session.setCookies).toEqual([expect.stringContaining(`${SESSION_COOKIE}=`)]);
    expect(JSON.parse(session.text)).toEqual({
      user: {
        id: expect.stringMatching(/^c[a-z0-9]{24}$/),
        name: "Login One",
        email: "login1@example.com",
        image: null,
        admin: false,
        hasPassword: false,
        canCreateOrganizations: true,
        organizations: [],
        featureFlags: expect.any(Object),
        v4BetaEnabled: true,
        canToggleV4: false,
      },
      expires: expect.stringMatching(/^\d{4}-.*Z$/),
      environment: {
        enableExperimentalFeatures: false,
        inAppAgentEnabled: false,
        selfHostedInstancePlan: "self-hosted:enterprise",
        v4WriteMode: "events_only",
      },
    });
  });

  it("keeps a callback path of its own host and replaces another host", async () => {
    const { visitor, base } = await startVisited(login);
    login.issuer().become({ sub: "s1", email: "login1@example.com" });
    expect((await visitor.signIn(`${base}/project/1?tab=2`)).location).toBe(`${base}/project/1?tab=2`);
    expect((await visitor.signIn("https://elsewhere.example/")).location).toBe(base);
  });

  it("shows the landing page with address and organizations, as plain forms do it", async () => {
    const { visitor, target, base } = await startVisited(login, { allowAccountLinking: true });
    await createUser(target, "page@example.com", "ADMIN");
    login.issuer().become({ sub: "page", email: "page@example.com" });
    expect((await visitor.get("/")).location).toBe("/auth/sign-in");
    const signIn = await visitor.get("/auth/sign-in");
    const csrfToken = /name="csrfToken" value="([0-9a-f]+)"/.exec(signIn.text)?.[1] ?? "";
    const started = await visitor.post("/api/auth/signin/keycloak", { csrfToken, callbackUrl: base });
    expect(started.status).toBe(302);
    await visitor.get((await visitor.get(started.location)).location);
    const landing = await visitor.get("/");
    expect(landing.text).toContain('<strong id="email">page@example.com</strong>');
    expect(landing.text).toContain("Seeded organization: ADMIN");
  });

  it("leaves the provider alone until somebody signs in", async () => {
    const server = await login.start({ issuer: "http://127.0.0.1:9/realms/none" });
    const visitor = new Visitor(server.target.url);
    expect(await visitor.json("/api/auth/session")).toEqual({});
    const started = await visitor.startSignIn();
    expect(field(started, "url")).toBe(`${server.target.url}/api/auth/error?error=OAuthSignin`);
  });
});

describe("the session", () => {
  it("is empty without a cookie, with a garbage cookie and with an API key", async () => {
    const { visitor, base } = await startVisited(login);
    expect(await visitor.json("/api/auth/session")).toEqual({});
    visitor.cookies.set(SESSION_COOKIE, "garbage");
    expect(await visitor.json("/api/auth/session")).toEqual({});
    const withKey = await fetch(`${base}/api/auth/session`, { headers: { authorization: "Basic x" } });
    expect(await withKey.json()).toEqual({});
  });

  it("follows every membership change, with the effective role of each project", async () => {
    const { visitor, target } = await startVisited(login, { allowAccountLinking: true });
    const userId = await createUser(target, "roles@example.com", "OWNER");
    const other = await createUser(target, "other@example.com", "OWNER");
    login.issuer().become({ sub: "roles", email: "roles@example.com", name: "From the provider" });
    await visitor.signIn();
    const organizations = async () => {
      const session = await visitor.json("/api/auth/session");
      return (session as { user: { name: unknown; organizations: Record<string, unknown>[] } }).user;
    };
    const setProject = async (projectId: string, role: string) =>
      await call(target, "PUT", `/api/public/projects/${projectId}/memberships`, { body: { userId, role } });

    expect(await organizations()).toMatchObject({ id: userId, name: null });
    await setProject(target.projectId, "VIEWER");
    await setProject(target.project2Id, "NONE");
    expect(await organizations()).toMatchObject({
      organizations: [
        {
          id: target.orgId,
          role: "OWNER",
          plan: "self-hosted:enterprise",
          projects: [{ id: target.projectId, role: "VIEWER", retentionDays: 0, deletedAt: null }],
        },
      ],
    });
    await call(target, "PUT", "/api/public/organizations/memberships", { body: { userId, role: "NONE" } });
    expect(await organizations()).toMatchObject({
      organizations: [{ role: "NONE", projects: [{ id: target.projectId, role: "VIEWER" }] }],
    });
    await call(target, "DELETE", `/api/public/scim/Users/${userId}`);
    expect(await organizations()).toMatchObject({ id: userId, organizations: [] });
    expect(other).not.toBe(userId);
  });

  it("ends with a sign-out, which needs the csrf token", async () => {
    const { visitor, base } = await startVisited(login);
    login.issuer().become({ sub: "out", email: "out@example.com" });
    await visitor.signIn();
    const refused = await visitor.post("/api/auth/signout", { callbackUrl: base, json: "true" });
    expect(field(refused, "url")).toBe(`${base}/api/auth/signout?csrf=true`);
    const csrfToken = await visitor.csrfToken();
    const done = await visitor.post("/api/auth/signout", { csrfToken, callbackUrl: `${base}/`, json: "true" });
    expect(field(done, "url")).toBe(`${base}/`);
    expect(visitor.cookies.has(SESSION_COOKIE)).toBe(false);
    expect(await visitor.json("/api/auth/session")).toEqual({});
  });
});
