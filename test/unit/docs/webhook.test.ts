import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EVENT_TYPES } from "#local/keycloak/event-plugin.ts";
import { parseEvent } from "#sync/webhook/event.ts";
import { hintOf } from "#sync/webhook/hint.ts";
import { WEBHOOK_VARIABLES } from "#sync/webhook/variables.ts";

const page = readFileSync(new URL("../../../docs/webhook.md", import.meta.url), "utf8");

it("every variable of the webhook is a row of the page, and every row is one", () => {
  const rows = [...page.matchAll(/^\| `(WEBHOOK_\w+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
  expect(rows).toEqual(Object.entries(WEBHOOK_VARIABLES));
});

it("every event that Keycloak is told to send leads to something", () => {
  const taken = /^WEBHOOK_EVENTS_TAKEN=(.+)$/m.exec(page)?.[1]?.split(",") ?? [];
  const types = /"eventTypes":(\[[^\]]+\])/.exec(page)?.[1] ?? "[]";
  // What the tests have a real server send.
  expect(JSON.parse(types)).toEqual(EVENT_TYPES);
  const asked = [...page.matchAll(/"access\.([A-Z_]+)"/g)].map(([, name = ""]) => name);
  expect(taken).toEqual(expect.arrayContaining(asked));
  expect(taken.length).toBeGreaterThan(15);
  for (const type of taken) {
    const event = parseEvent({ type, userId: "1", ...(type.includes("-") && { resourcePath: "users/1" }) });
    expect([type, event && hintOf(event)?.kind]).not.toContain(undefined);
  }
});
