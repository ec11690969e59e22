import { afterAll, afterEach, beforeAll } from "vitest";
import type { LoginOptions } from "#local/langfuse/login/options.ts";
import { type LangfuseServer, startLangfuse } from "#local/langfuse/server.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { Visitor } from "./visitor.ts";

const CLIENT_ID = "langfuse";
const CLIENT_SECRET = "the secret";

export const SESSION_COOKIE = "next-auth.session-token";

/** Ways to start servers whose people log in at one issuer; everything is stopped after the test or the file. */
export interface LoginFixture {
  /** Only while a test runs. */
  readonly issuer: () => Issuer;
  start(login?: Partial<LoginOptions>, file?: string): Promise<LangfuseServer>;
  stopAll(): Promise<void>;
}

export function useLogin(): LoginFixture {
  const running: LangfuseServer[] = [];
  let issuer: Issuer | undefined;
  const stopAll = async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  };
  const started = () => {
    if (!issuer) throw new Error("the issuer runs only while a test runs");
    return issuer;
  };
  beforeAll(async () => {
    // RFC 6749: both halves of basic credentials are encoded like a form.
    issuer = await startIssuer({ id: CLIENT_ID, secret: encodeURIComponent(CLIENT_SECRET) });
  });
  afterEach(stopAll);
  afterAll(async () => await issuer?.stop());
  return {
    issuer: started,
    start: async (login = {}, file) => {
      const provider = { issuer: started().url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
      const server = await startLangfuse({ login: { ...provider, ...login }, file });
      running.push(server);
      return server;
    },
    stopAll,
  };
}

/** A server with somebody before it. */
export async function startVisited(fixture: LoginFixture, login?: Partial<LoginOptions>, file?: string) {
  const { target } = await fixture.start(login, file);
  return { target, base: target.url, visitor: new Visitor(target.url) };
}
