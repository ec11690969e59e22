import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { answerOperations, type Operations } from "#sync/serve/operations.ts";

/** What is answered to a request, without a server. */
function asked(path: string, operations: Partial<Operations> = {}): readonly [status: number, text: string] {
  let [status, text] = [0, ""];
  const response = {
    writeHead: (given: number) => {
      status = given;
      return response;
    },
    end: (given: string) => {
      text = given;
    },
  };
  const answer = answerOperations({ isReady: () => true, metrics: () => "figures\n", ...operations });
  answer({ url: path, method: "GET" } as IncomingMessage, response as unknown as ServerResponse);
  return [status, text];
}

it("a server lives unless it says that it does not, whether or not it wants requests", () => {
  expect(asked("/healthz", { isReady: () => false })).toEqual([200, "ok\n"]);
  expect(asked("/healthz", { isAlive: () => true })).toEqual([200, "ok\n"]);
  expect(asked("/healthz?", { isAlive: () => false })).toEqual([503, "stuck\n"]);
  expect(asked("/readyz", { isReady: () => false })).toEqual([503, "not ready\n"]);
  expect(asked("/metrics", { isAlive: () => false })).toEqual([200, "figures\n"]);
});
