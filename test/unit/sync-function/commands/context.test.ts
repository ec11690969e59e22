import { expect, it } from "vitest";
import { createContext } from "#sync/commands/context.ts";
import { collectGarbage } from "#test/garbage.ts";

const environment = {
  KEYCLOAK_URL: "http://127.0.0.1:1",
  KEYCLOAK_REALM: "company",
  KEYCLOAK_CLIENT_ID: "sync",
  KEYCLOAK_CLIENT_SECRET: "secret",
  LANGFUSE_URL: "http://127.0.0.1:1",
  LANGFUSE_ORG_ID: "organization-1",
  LANGFUSE_PUBLIC_KEY: "pk-lf-1",
  LANGFUSE_SECRET_KEY: "sk-lf-1",
  ROLE_MAPPING: '{"admins":"ADMIN"}',
  LOG_LEVEL: "silent",
};

it("a run in a process that stays is not kept in memory once it has ended", async () => {
  const asked = new AbortController();
  const ended = async () => {
    // Its safeguards have this, and with it all that they know.
    const print = () => {};
    using context = await createContext({ environment, print, stop: asked.signal });
    expect(context.stop.aborted).toBe(false);
    return new WeakRef(print);
  };
  const print = await ended();
  await collectGarbage();
  expect(print.deref()).toBeUndefined();
});
