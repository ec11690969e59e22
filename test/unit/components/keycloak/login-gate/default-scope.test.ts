import { describe, expect, it } from "vitest";
import * as link from "#components/keycloak/login-gate/default-scope-lifecycle.ts";
import { fakeApi } from "../admin-api-fake.ts";

const inputs = { realm: "company", client: "c1", scopeId: "s1", scopeName: "langfuse-gate" };
const outputs = { ...inputs, former: "none" } as const;
const clientPath = "/company/clients/c1";

/** A client with these scopes that behaves as the server does: PUT is ignored for a scope that is linked already. */
function client(scopes: { default?: string[]; optional?: string[] } = {}, options = { accepts: true }) {
  const state = { default: scopes.default ?? [], optional: scopes.optional ?? [] };
  const api = fakeApi((call) => {
    for (const kind of ["default", "optional"] as const) {
      const list = `${clientPath}/${kind}-client-scopes`;
      if (call === `GET ${list}`) return state[kind].map((id) => ({ id, name: `name of ${id}` }));
      if (call === `PUT ${list}/s1`) {
        const isLinked = [...state.default, ...state.optional].includes("s1");
        if (options.accepts && !isLinked) state[kind].push("s1");
        return null;
      }
      if (call === `DELETE ${list}/s1`) {
        state.default = state.default.filter((id) => id !== "s1");
        state.optional = state.optional.filter((id) => id !== "s1");
        return null;
      }
    }
    return undefined;
  });
  return { api, state };
}

describe("a default scope", () => {
  it("is linked beside those of others", async () => {
    const { api, state } = client({ default: ["profile"], optional: ["phone"] });
    expect(await link.create(inputs, api)).toEqual({ id: "company/c1/s1", outs: outputs });
    expect(state).toEqual({ default: ["profile", "s1"], optional: ["phone"] });
    expect(api.writes).toEqual([`PUT ${clientPath}/default-client-scopes/s1`]);
  });

  it("is linked again after a lost answer without doing harm", async () => {
    const { api, state } = client({ default: ["s1"] });
    await link.create(inputs, api);
    expect(state.default).toEqual(["s1"]);
  });

  it("that was optional is made a default one, because an optional one leaves the gate open", async () => {
    const { api, state } = client({ optional: ["s1", "phone"] });
    await link.create(inputs, api);
    expect(state).toEqual({ default: ["s1"], optional: ["phone"] });
  });

  it("that the server accepts without linking it is no success", async () => {
    await expect(link.create(inputs, client({}, { accepts: false }).api)).rejects.toThrow(
      'Keycloak was told to make "langfuse-gate" a default scope of client c1 but does not list it.',
    );
  });

  it("cannot be linked to a client that is gone", async () => {
    await expect(link.create({ ...inputs, client: "gone" }, client().api)).rejects.toMatchObject({ status: 404 });
  });

  it("is read as it is stored", async () => {
    const read = await link.read("x", outputs, client({ default: ["s1"] }).api);
    expect(read).toEqual({ id: "x", props: outputs, inputs });
  });

  it.each([
    ["somebody made it optional", client({ optional: ["s1"] }).api, outputs],
    ["somebody took it away", client().api, outputs],
    ["the client is gone", client({ default: ["s1"] }).api, { ...outputs, client: "gone" }],
  ])("is read as nothing when %s", async (_title, api, props) => {
    expect(await link.read("x", props, api)).toEqual({});
  });

  it("that gets another name keeps its link, and everything about it stays stored", () => {
    const news = { ...inputs, scopeName: "marker" };
    expect(link.diff(inputs, news)).toEqual({ changes: true, replaces: [] });
    const given = { ...news, ...{ __provider: "text" } };
    expect(link.update(outputs, given)).toEqual({ outs: { ...news, former: "none" } });
  });

  it("is taken away, and taking it away twice does no harm", async () => {
    const { api, state } = client({ default: ["profile", "s1"] });
    await link.remove(outputs, api);
    await link.remove(outputs, api);
    expect(state.default).toEqual(["profile"]);
    await link.remove({ ...outputs, client: "gone" }, api);
  });

  it.each(["default", "optional"] as const)("that was linked as %s before is linked so again", async (former) => {
    const { api, state } = client({ [former]: ["s1"] });
    const { outs } = await link.create(inputs, api);
    expect(outs.former).toBe(former);
    await link.remove(outs, api);
    expect(state).toEqual({ default: [], optional: [], [former]: ["s1"] });
  });

  it.each([
    ["nothing changed", inputs, []],
    ["another realm", { ...inputs, realm: "r2" }, ["realm"]],
    ["another client", { ...inputs, client: "c2" }, ["client"]],
    ["another scope", { ...inputs, scopeId: "s2" }, ["scopeId"]],
  ])("with %s is replaced for %j", (_title, news, replaces) => {
    expect(link.diff(inputs, news)).toEqual({ changes: replaces.length > 0, replaces });
  });
});
