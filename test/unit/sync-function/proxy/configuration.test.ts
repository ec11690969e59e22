import { expect, it } from "vitest";
import { readProxyConfiguration } from "#sync/proxy/configuration.ts";

it("needs nothing but the address of Langfuse", () => {
  expect(readProxyConfiguration({ LANGFUSE_URL: "http://langfuse:3000/" })).toEqual({
    upstream: "http://langfuse:3000",
    port: 8080,
    operationsPort: 9090,
    budget: 2_000,
    mode: "pass",
    timeout: 120_000,
  });
});

it("takes every setting from its variable", () => {
  const environment = {
    LANGFUSE_URL: "http://other",
    PROXY_UPSTREAM: "https://langfuse.example.com/base",
    PROXY_PORT: "80",
    PROXY_OPERATIONS_PORT: "81",
    PROXY_BUDGET: "500",
    PROXY_MODE: "refuse",
    PROXY_TIMEOUT: "60000",
  };
  expect(Object.values(readProxyConfiguration(environment))).toEqual([
    ...["https://langfuse.example.com/base", 80, 81, 500, "refuse", 60_000],
  ]);
});

it("names every value that is wrong, and what to write instead", () => {
  const environment = {
    PROXY_UPSTREAM: "http://user:secret@langfuse",
    PROXY_PORT: "90000",
    PROXY_OPERATIONS_PORT: "8e3",
    PROXY_BUDGET: "0",
    PROXY_MODE: "refus",
  };
  expect(() => readProxyConfiguration(environment)).toThrow(
    [
      'PROXY_MODE is "refus" (did you mean "refuse"?); use pass or refuse',
      "PROXY_UPSTREAM or LANGFUSE_URL is no plain address; write http:// or https:// and a host, without a user name",
      'PROXY_PORT is "90000"; write a whole number from 0 to 65535',
      'PROXY_OPERATIONS_PORT is "8e3"; write a whole number from 0 to 65535',
      'PROXY_BUDGET is "0"; write a whole number from 100 to 60000',
    ].join("\n"),
  );
  expect(() => readProxyConfiguration({ LANGFUSE_URL: "http://l", PROXY_PORT: "9090" })).toThrow("use two ports");
});
