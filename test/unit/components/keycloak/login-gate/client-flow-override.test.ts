import { describe, expect, it } from "vitest";
import * as override from "#components/keycloak/login-gate/client-flow-override-lifecycle.ts";
import { fakeApi } from "../admin-api-fake.ts";

const inputs = { realm: "company", client: "c1", flowId: "f1" };
const outputs = { ...inputs, former: "", own: "f1" };
const path = "/company/clients/c1";

/** A client that takes the flows it knows, and an empty id for none. */
function client(browser?: string, known = ["f0", "f1", "f2"]) {
  const state: Record<string, unknown> & { authenticationFlowBindingOverrides: Record<string, string> } = {
    clientId: "langfuse",
    secret: "hidden",
    authenticationFlowBindingOverrides: { direct_grant: "d1", ...(browser ? { browser } : {}) },
  };
  const api = fakeApi((call, { body }) => {
    if (call === `GET ${path}`) return structuredClone(state);
    if (call !== `PUT ${path}`) return undefined;
    const { browser: wanted = "", ...rest } = (body as typeof state).authenticationFlowBindingOverrides;
    if (wanted !== "" && !known.includes(wanted)) return null;
    Object.assign(state, body, {
      authenticationFlowBindingOverrides: { ...rest, ...(wanted ? { browser: wanted } : {}) },
    });
    return null;
  });
  return { api, state };
}

describe("a flow of a client's own", () => {
  it("is set, and nothing else of the client is touched", async () => {
    const { api, state } = client();
    const before = structuredClone(state);
    expect(await override.create(inputs, api)).toEqual({ id: "company/c1/browser", outs: outputs });
    expect(state).toEqual({ ...before, authenticationFlowBindingOverrides: { direct_grant: "d1", browser: "f1" } });
  });

  it("is taken over when an earlier run set it already", async () => {
    expect((await override.create(inputs, client("f1").api)).outs.former).toBe("");
  });

  it("is no success when the server does not report it afterwards", async () => {
    await expect(override.create(inputs, client(undefined, []).api)).rejects.toThrow(
      'Keycloak was told to run the flow f1 at logins to client c1 of realm "company" but reports "".',
    );
  });

  it("follows to another flow and remembers what was there at first", async () => {
    const { api, state } = client("f1");
    const next = { ...inputs, flowId: "f2" };
    const { outs } = await override.update({ ...outputs, former: "f0" }, next, api);
    expect(outs).toEqual({ ...next, former: "f0", own: "f2" });
    expect(state.authenticationFlowBindingOverrides.browser).toBe("f2");
  });

  it.each(["", "f0"])('gives way to what was there before: "%s"', async (former) => {
    const { api, state } = client("f1");
    await override.remove({ ...outputs, former }, api);
    expect(state.authenticationFlowBindingOverrides.browser ?? "").toBe(former);
  });

  it("stays when somebody set another one, also when a refresh has seen it", async () => {
    const { api, state } = client("f2");
    const { props = outputs } = await override.read("x", outputs, api);
    expect(props).toEqual({ ...outputs, flowId: "f2" });
    await override.remove(props, api);
    expect(state.authenticationFlowBindingOverrides.browser).toBe("f2");
  });

  it("is read as nothing, and removed without a word, when the client is gone", async () => {
    const gone = fakeApi(() => undefined);
    expect(await override.read("x", outputs, gone)).toEqual({});
    await override.remove(outputs, gone);
  });

  it("changes in place, but is another one for another client or realm", () => {
    expect(override.diff(inputs, { ...inputs, flowId: "f2" })).toEqual({ changes: true, replaces: [] });
    expect(override.diff(inputs, inputs)).toEqual({ changes: false, replaces: [] });
    expect(override.diff(inputs, { ...inputs, client: "c2" }).replaces).toEqual(["client"]);
  });
});
