import { describe, expect, it } from "vitest";
import * as binding from "#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts";
import { fakeApi } from "../admin-api-fake.ts";

const inputs = { realm: "a company", flow: "gated", fallback: "our browser" };
const outputs = { ...inputs, former: "our browser", own: "gated" };

/** A realm with this browser flow; `known` are the flows it accepts. */
function realm(browserFlow: string, known = ["browser", "our browser", "gated", "gated-2"]) {
  const state = { browserFlow };
  const api = fakeApi((call, { body }) => {
    if (call === "GET /a%20company") return { ...state };
    if (call !== "PUT /a%20company") return undefined;
    expect(Object.keys(body as object)).toEqual(["realm", "browserFlow"]);
    const wanted = (body as typeof state).browserFlow;
    if (known.includes(wanted)) state.browserFlow = wanted;
    return null;
  });
  return { api, state };
}

describe("a binding of the browser flow", () => {
  it("remembers what was bound before", async () => {
    const { api, state } = realm("our browser");
    expect(await binding.create(inputs, api)).toEqual({ id: "a company/browser", outs: outputs });
    expect(state.browserFlow).toBe("gated");
  });

  it("takes the copied flow for the former one when an earlier run bound it already", async () => {
    expect((await binding.create(inputs, realm("gated").api)).outs.former).toBe("our browser");
  });

  it("is no success when the server ignores it", async () => {
    const { api } = realm("our browser", []);
    await expect(binding.create(inputs, api)).rejects.toThrow(
      'Keycloak was told to bind the browser flow "gated" in realm "a company" but reports "our browser".',
    );
  });

  it("is read as it is, so that another binding shows as drift", async () => {
    expect(await binding.read("x", outputs, realm("browser").api)).toEqual({
      id: "x",
      props: { ...outputs, flow: "browser" },
      inputs: { ...inputs, flow: "browser" },
    });
  });

  it("is read as nothing when the realm is gone", async () => {
    expect(await binding.read("x", { ...outputs, realm: "gone" }, realm("gated").api)).toEqual({});
  });

  it("changes to another flow and still remembers the first", async () => {
    const { api, state } = realm("gated");
    expect(await binding.update(outputs, { ...inputs, flow: "gated-2" }, api)).toEqual({
      outs: { ...outputs, flow: "gated-2", own: "gated-2" },
    });
    expect(state.browserFlow).toBe("gated-2");
  });

  it("gives way to the former flow when it is removed, and removing it twice does no harm", async () => {
    const { api, state } = realm("gated");
    await binding.remove(outputs, api);
    await binding.remove(outputs, api);
    expect(state.browserFlow).toBe("our browser");
    expect(api.writes).toHaveLength(1);
  });

  it("that somebody else replaced stays as it is when ours is removed", async () => {
    const { api, state } = realm("gated-2");
    await binding.remove(outputs, api);
    expect(state.browserFlow).toBe("gated-2");
  });

  it("that somebody else replaced stays as it is although a refresh has seen it", async () => {
    const { api, state } = realm("gated-2");
    const { props = outputs } = await binding.read("x", outputs, api);
    await binding.remove(props, api);
    expect(state.browserFlow).toBe("gated-2");
  });

  it("is removed without a word when the realm is gone", async () => {
    await binding.remove({ ...outputs, realm: "gone" }, realm("gated").api);
  });

  it.each([
    ["nothing changed", inputs, false, []],
    ["another flow", { ...inputs, flow: "gated-2" }, true, []],
    ["another flow to fall back to", { ...inputs, fallback: "browser" }, true, []],
    ["another realm", { ...inputs, realm: "r2" }, true, ["realm"]],
  ])("with %s: changes are %s, replaced for %j", (_title, news, changes, replaces) => {
    expect(binding.diff(outputs, news)).toEqual({ changes, replaces });
  });
});
