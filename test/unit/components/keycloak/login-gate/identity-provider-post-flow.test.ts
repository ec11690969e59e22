import { describe, expect, it } from "vitest";
import * as post from "#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts";
import { fakeApi } from "../admin-api-fake.ts";

const inputs = { realm: "company", identityProvider: "their idp", flow: "gated-post-broker" };
const outputs = { ...inputs, former: "", own: inputs.flow };
const path = "/company/identity-provider/instances/their%20idp";

/** An identity provider that takes any flow, except when `ignores` is set. */
function realm(postFlow?: string, ignores = false) {
  const state: Record<string, unknown> = {
    alias: "their idp",
    config: { clientSecret: "**********", issuer: "https://idp.example.com" },
    ...(postFlow === undefined ? {} : { postBrokerLoginFlowAlias: postFlow }),
  };
  const api = fakeApi((call, { body }) => {
    if (call === `GET ${path}`) return structuredClone(state);
    if (call !== `PUT ${path}`) return undefined;
    if (!ignores) Object.assign(state, body);
    return null;
  });
  return { api, state };
}

describe("the flow after logins through an identity provider", () => {
  it("is set and nothing else is touched", async () => {
    const { api, state } = realm();
    const before = structuredClone(state);
    expect(await post.create(inputs, api)).toEqual({ id: "company/their idp", outs: outputs });
    expect(state).toEqual({ ...before, postBrokerLoginFlowAlias: "gated-post-broker" });
  });

  it("is taken over when an earlier run set it already", async () => {
    expect(await post.create(inputs, realm("gated-post-broker").api)).toMatchObject({ outs: { former: "" } });
  });

  it("is refused when the server does not report it afterwards", async () => {
    await expect(post.create(inputs, realm(undefined, true).api)).rejects.toThrow(
      'Keycloak was told to run "gated-post-broker" after logins through the identity provider "their idp" of realm "company" but reports "".',
    );
  });

  it("is seen as it is, and as gone with its identity provider", async () => {
    const read = await post.read("id", outputs, realm("theirs").api);
    expect(read).toMatchObject({ id: "id", props: { flow: "theirs", former: "" }, inputs: { flow: "theirs" } });
    expect(
      await post.read(
        "id",
        outputs,
        fakeApi(() => undefined),
      ),
    ).toEqual({});
  });

  it("follows to another generation and remembers what was there at first", async () => {
    const { api, state } = realm("gated-post-broker");
    const next = { ...inputs, flow: "gated-post-broker-v2" };
    expect(await post.update({ ...outputs, former: "theirs" }, next, api)).toEqual({
      outs: { ...next, former: "theirs", own: next.flow },
    });
    expect(state.postBrokerLoginFlowAlias).toBe("gated-post-broker-v2");
  });

  it.each(["", "theirs"])('is what it was before when it is removed: "%s"', async (former) => {
    const { api, state } = realm("gated-post-broker");
    await post.remove({ ...outputs, former }, api);
    expect(state.postBrokerLoginFlowAlias).toBe(former);
  });

  it("stays when somebody set another one and a refresh has seen it", async () => {
    const { api, state } = realm("theirs");
    const { props = outputs } = await post.read("id", outputs, api);
    await post.remove(props, api);
    expect(state.postBrokerLoginFlowAlias).toBe("theirs");
  });

  it("stays when somebody set another one since, and is no error when the identity provider is gone", async () => {
    const { api } = realm("another");
    await post.remove(outputs, api);
    expect(api.writes).toEqual([]);
    await post.remove(
      outputs,
      fakeApi(() => undefined),
    );
  });

  it("changes in place, but is another one for another identity provider or realm", () => {
    expect(post.diff(inputs, { ...inputs, flow: "x" })).toEqual({ changes: true, replaces: [] });
    expect(post.diff(inputs, inputs)).toEqual({ changes: false, replaces: [] });
    expect(post.diff(inputs, { ...inputs, identityProvider: "x" }).replaces).toEqual(["identityProvider"]);
  });
});
