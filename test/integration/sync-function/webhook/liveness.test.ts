import type { ServerResponse } from "node:http";
import { afterEach, expect, it, vi } from "vitest";
import { LONGEST_RUN } from "#sync/commands/webhook-runs.ts";
import { environmentFor } from "../command-line.ts";
import { startOrganization } from "../organization-server.ts";
import { startRealm } from "../realm-server.ts";
import { ONCE, startReceiver, until } from "./receiver.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("the webhook is to be started again when a run does not end, and says for how long somebody has waited", async () => {
  await using keycloak = await startRealm({
    people: [{ id: "dora", email: "dora@example.com", roles: ["langfuse-admin"] }],
    roles: { "langfuse-admin": [], "langfuse-member": [] },
  });
  const hanging = Promise.withResolvers<ServerResponse>();
  let hangs = true;
  await using langfuse = await startOrganization(
    { "owner@example.com": "OWNER", "dora@example.com": "VIEWER" },
    ({ method }) => (hangs && method === "PUT" ? hanging.resolve : undefined),
  );
  await using receiver = await startReceiver(environmentFor(keycloak, langfuse));
  const healthz = async () => {
    const answer = await fetch(`${receiver.url}/healthz`, { headers: ONCE });
    return [answer.status, await answer.text()];
  };
  const event = { realmName: "company", type: "admin.REALM_ROLE_MAPPING-CREATE", resourcePath: "users/dora/x" };
  expect(await receiver.send(event)).toBe(202);
  const response = await hanging.promise;
  expect(await healthz()).toEqual([200, "ok\n"]);
  // The time that everything else goes by is left alone.
  const clock = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => clock() + LONGEST_RUN);
  expect(await healthz()).toEqual([503, "stuck\n"]);
  expect((await receiver.metrics()).langfuse_sync_webhook_oldest_hint_seconds).toBeGreaterThan(LONGEST_RUN / 1000);
  vi.restoreAllMocks();
  hangs = false;
  response.destroy();
  await until(() => expect(langfuse.roles()["dora@example.com"]).toBe("ADMIN"));
  expect(await healthz()).toEqual([200, "ok\n"]);
});
