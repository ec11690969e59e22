import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { startLangfuse } from "#local/langfuse/server.ts";
import { call, createUser } from "./client.ts";
import { SESSION_COOKIE, startVisited, useLogin } from "./login-fixture.ts";
import { field, Visitor } from "./visitor.ts";

const login = useLogin();

describe("who gets in", () => {
  it.each([
    { title: "somebody provisioned, with linking on", linking: true, signUp: true, known: true, refusal: null },
    {
      title: "somebody provisioned, with linking on and sign-up off",
      linking: true,
      signUp: false,
      known: true,
      refusal: null,
    },
    { title: "somebody unknown, with linking off", linking: false, signUp: true, known: false, refusal: null },
    {
      title: "somebody provisioned, with linking off",
      linking: false,
      signUp: true,
      known: true,
      refusal: "OAuthAccountNotLinked",
    },
    {
      title: "somebody unknown, with sign-up off",
      linking: true,
      signUp: false,
      known: false,
      refusal: "OAuthCreateAccount",
    },
  ])("$title: $refusal", async ({ linking, signUp, known, refusal }) => {
    const { visitor, target, base } = await startVisited(login, {
      allowAccountLinking: linking,
      disableSignUp: !signUp,
    });
    const userId = known ? await createUser(target, "known@example.com") : undefined;
    login.issuer().become({ sub: "known", email: "Known@example.com" });
    const callback = await visitor.signIn();
    expect([callback.status, callback.location]).toEqual([
      302,
      refusal === null ? `${base}/` : `${base}/api/auth/error?error=${refusal}`,
    ]);
    expect(visitor.cookies.has(SESSION_COOKIE)).toBe(refusal === null);
    expect(visitor.cookies.has("next-auth.state")).toBe(false);
    const session = await visitor.json("/api/auth/session");
    if (refusal !== null) expect(session).toEqual({});
    else if (userId) expect(session).toMatchObject({ user: { id: userId, organizations: [{ role: "MEMBER" }] } });
  });

  it("keeps user and address when the address changes at the provider", async () => {
    const { visitor } = await startVisited(login);
    login.issuer().become({ sub: "moved", email: "old@example.com" });
    await visitor.signIn();
    const before = await visitor.json("/api/auth/session");
    visitor.cookies.clear();
    login.issuer().become({ sub: "moved", email: "new@example.com" });
    await visitor.signIn();
    expect(await visitor.json("/api/auth/session")).toMatchObject({ user: { ...Object(before).user } });
  });

  it("lets another subject with a known address enter the same user, with linking on", async () => {
    const { visitor, base } = await startVisited(login, { allowAccountLinking: true });
    login.issuer().become({ sub: "first", email: "same@example.com" });
    await visitor.signIn();
    const first = Object(await visitor.json("/api/auth/session")).user.id;
    const second = new Visitor(base);
    login.issuer().become({ sub: "second", email: "same@example.com" });
    await second.signIn();
    expect(await second.json("/api/auth/session")).toMatchObject({ user: { id: first } });
  });

  it("refuses somebody without an address and shows the error page", async () => {
    const { visitor, base } = await startVisited(login);
    login.issuer().become({ sub: "silent" });
    const callback = await visitor.signIn();
    expect(callback.location).toBe(`${base}/api/auth/error?error=No%20email%20found%20in%20user%20object`);
    const error = await visitor.get(callback.location);
    expect([error.status, error.location]).toEqual([302, "/auth/error?error=No%20email%20found%20in%20user%20object"]);
    const page = await visitor.get(error.location);
    expect([page.status, page.text.includes("No email found in user object")]).toEqual([200, true]);
  });

  it("joins default organization and project at the first login, also after a removal, and keeps what there is", async () => {
    // The ids have to be known before the server that names them starts.
    const folder = await mkdtemp(path.join(tmpdir(), "login-"));
    const file = path.join(folder, "langfuse.json");
    const first = await startLangfuse({ file });
    const { orgId, projectId } = first.target;
    const removed = await createUser(first.target, "removed@example.com", "ADMIN");
    await call(first.target, "DELETE", `/api/public/scim/Users/${removed}`);
    await createUser(first.target, "kept@example.com", "ADMIN");
    await first.stop();

    const { base } = await startVisited(
      login,
      {
        allowAccountLinking: true,
        defaultOrganizationIds: [orgId, "unknown"],
        defaultOrganizationRole: "MEMBER",
        defaultProjectIds: [projectId],
        defaultProjectRole: "OWNER",
      },
      file,
    );
    const membershipOf = async (name: string) => {
      const visitor = new Visitor(base);
      login.issuer().become({ sub: name, email: `${name}@example.com` });
      await visitor.signIn();
      return await visitor.json("/api/auth/session");
    };
    const joined = { role: "MEMBER", projects: [{ role: "OWNER" }, { role: "MEMBER" }] };
    expect(await membershipOf("unknown")).toMatchObject({ user: { organizations: [joined] } });
    expect(await membershipOf("removed")).toMatchObject({ user: { id: removed, organizations: [joined] } });
    expect(await membershipOf("kept")).toMatchObject({ user: { organizations: [{ id: orgId, role: "ADMIN" }] } });
    await login.stopAll();
    await rm(folder, { recursive: true });
  });
});

describe("how a refusal looks", () => {
  it("leads from the error through the sign-in redirect to the sign-in page", async () => {
    const { visitor, base } = await startVisited(login);
    const error = await visitor.get("/api/auth/error?error=OAuthAccountNotLinked");
    expect([error.status, error.location]).toEqual([302, `${base}/api/auth/signin?error=OAuthAccountNotLinked`]);
    const signIn = await visitor.get(error.location);
    const page = `/auth/sign-in?callbackUrl=${encodeURIComponent(base)}&error=OAuthAccountNotLinked`;
    expect([signIn.status, signIn.location]).toEqual([302, page]);
    expect((await visitor.get(signIn.location)).status).toBe(200);
  });

  it("does not start a login with GET or without the csrf token", async () => {
    const { visitor, base } = await startVisited(login);
    const shown = await visitor.get("/api/auth/signin/keycloak");
    expect(shown.location).toBe(`/auth/sign-in?callbackUrl=${encodeURIComponent(base)}&error=keycloak`);
    const posted = await visitor.post("/api/auth/signin/keycloak", { csrfToken: "wrong", json: "true" });
    expect([posted.status, JSON.parse(posted.text)]).toEqual([200, { url: `${base}/api/auth/signin?csrf=true` }]);
  });

  it("is OAuthCallback in a browser that did not start the login, and the right browser still gets in once", async () => {
    const { visitor, base } = await startVisited(login);
    login.issuer().become({ sub: "thief", email: "victim@example.com" });
    const provider = await visitor.get(field(await visitor.startSignIn(), "url"));
    const before = login.issuer().tokenRequests();
    const stranger = await new Visitor(base).get(provider.location);
    expect(stranger.location).toBe(`${base}/api/auth/error?error=OAuthCallback`);
    expect(login.issuer().tokenRequests()).toBe(before);

    const cookies = new Map(visitor.cookies);
    expect((await visitor.get(provider.location)).location).toBe(`${base}/`);
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    expect((await visitor.get(provider.location)).location).toBe(`${base}/api/auth/error?error=OAuthCallback`);
  });

  it("passes an explained error of the provider on and turns any other into Callback", async () => {
    const { visitor, base } = await startVisited(login);
    const explained = await visitor.get("/api/auth/callback/keycloak?error=access_denied&error_description=Not%20you");
    expect([explained.status, explained.location]).toEqual([
      307,
      "/auth/sign-in?error=access_denied&error_description=Not%20you",
    ]);
    const silent = await visitor.signIn(undefined, "?prompt=none");
    expect([silent.status, silent.location]).toEqual([302, `${base}/api/auth/error?error=Callback`]);
  });
});
