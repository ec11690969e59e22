import { wiki } from "#local/keycloak/company.ts";
import type { GatedRealm } from "./gated-realm.ts";
import { langfuse } from "./gated-realm.ts";
import { type Row, rowsOf } from "./realiser.ts";

/** Puts back what was damaged. */
export type Repair = () => Promise<void>;

/** Names in tables of damages that stand for aliases, which hold a fingerprint of what the server had to copy. */
export const BROWSER = "$browser";
export const POST = "$post";
export const APPENDED = "$appended";

/** The text with the aliases of this realm in it. */
function named({ plan }: GatedRealm, text: string): string {
  const { flow, appended } = plan.postBroker;
  return text
    .replace(BROWSER, plan.tree.alias)
    .replace(POST, flow?.alias ?? "")
    .replace(APPENDED, appended[0]?.gates[0]?.alias ?? "");
}

const base = ({ realm }: GatedRealm) => `/realms/${realm}`;

/** The row of an execution or sub-flow within a sub-flow of a flow; without `parent` anywhere in the flow. */
async function rowOf(gated: GatedRealm, flow: string, name: string, parent?: string): Promise<Row> {
  const rows = await rowsOf(gated.admin, gated.realm, named(gated, flow));
  const inside = parent === undefined ? undefined : named(gated, parent);
  const from = inside === undefined ? 0 : rows.findIndex(({ displayName }) => displayName === inside) + 1;
  const wanted = named(gated, name);
  const row = rows.slice(from).find(({ providerId, displayName }) => providerId === wanted || displayName === wanted);
  if (!row) throw new Error(`no ${name} in ${flow}`);
  return row;
}

/** Changes fields of one execution, such as its requirement or its priority. */
export const execution =
  (flow: string, name: string, change: Readonly<Record<string, unknown>>, parent?: string) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const row = await rowOf(gated, flow, name, parent);
    const path = `${base(gated)}/authentication/flows/${encodeURIComponent(named(gated, flow))}/executions`;
    await gated.admin.put(path, { ...row, ...change });
    return () => gated.admin.put(path, row);
  };

/** Changes values of an execution's configuration; undefined takes one away. */
export const configuration =
  (flow: string, name: string, change: Readonly<Record<string, string | undefined>>, parent?: string) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const { authenticationConfig } = await rowOf(gated, flow, name, parent);
    const path = `${base(gated)}/authentication/config/${authenticationConfig}`;
    const former = await gated.admin.get<{ config: Record<string, string> }>(path);
    await gated.admin.put(path, { ...former, config: { ...former.config, ...change } });
    return () => gated.admin.put(path, former);
  };

/** Takes an execution's configuration away. */
export const removedConfiguration =
  (flow: string, name: string, parent?: string) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const { id, authenticationConfig } = await rowOf(gated, flow, name, parent);
    const path = `${base(gated)}/authentication`;
    const former = await gated.admin.get<{ alias: string; config: object }>(`${path}/config/${authenticationConfig}`);
    await gated.admin.delete(`${path}/config/${authenticationConfig}`);
    const { alias, config } = former;
    return () => gated.admin.post(`${path}/executions/${id}/config`, { alias, config });
  };

/** Gives an execution that has none a configuration, as the server allows it also in built-in flows. */
export const configured =
  (flow: string, name: string, config: Readonly<Record<string, string>>) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const { id } = await rowOf(gated, flow, name);
    const path = `${base(gated)}/authentication`;
    const made = await gated.admin.create(`${path}/executions/${id}/config`, { alias: `test of ${name}`, config });
    return () => gated.admin.delete(`${path}/config/${made}`);
  };

/** Sets fields of the realm. */
export const realmSetting =
  (change: Readonly<Record<string, unknown>>) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const former = await gated.admin.get<Record<string, unknown>>(base(gated));
    const put = (fields: object) => gated.admin.put(base(gated), { realm: gated.realm, ...fields });
    await put(change);
    return () => put(Object.fromEntries(Object.keys(change).map((key) => [key, former[key]])));
  };

/** Changes Langfuse's client; `attributes` are merged. */
export const clientSetting =
  (change: (flowId: (alias: string) => Promise<string>) => Promise<Record<string, unknown>>, undo: object) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const path = `${base(gated)}/clients/${await clientId(gated, langfuse.clientId)}`;
    const former = await gated.admin.get<Record<string, unknown>>(path);
    const flowId = async (alias: string) => {
      const flows = await gated.admin.get<{ id: string; alias: string }[]>(`${base(gated)}/authentication/flows`);
      return flows.find((flow) => flow.alias === alias)?.id ?? "";
    };
    await gated.admin.put(path, { ...former, ...(await change(flowId)) });
    return () => gated.admin.put(path, { ...former, ...undo });
  };

/** Gives a client the grants that pass by browsers. */
export const grants =
  (name: string) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const path = `${base(gated)}/clients/${await clientId(gated, name)}`;
    const set = async (isOn: boolean) => {
      const attributes = { "oauth2.device.authorization.grant.enabled": String(isOn) };
      await gated.admin.put(path, {
        ...(await gated.admin.get<object>(path)),
        directAccessGrantsEnabled: isOn,
        attributes,
      });
    };
    await set(true);
    return () => set(false);
  };

/** Moves the gate's flow from the realm to Langfuse's client alone, as `gate.binding` does. */
export const boundAtClient = async (gated: GatedRealm): Promise<Repair> => {
  const repairs = [
    await realmSetting({ browserFlow: gated.plan.flowToCopy })(gated),
    await clientSetting(
      async (flowId) => ({ authenticationFlowBindingOverrides: { browser: await flowId(gated.plan.tree.alias) } }),
      { authenticationFlowBindingOverrides: { browser: "" } },
    )(gated),
  ];
  return async () => {
    for (const repair of repairs.reverse()) await repair();
  };
};

async function clientId({ admin, realm }: GatedRealm, name: string): Promise<string> {
  return (await admin.get<{ id: string }[]>(`/realms/${realm}/clients`, { clientId: name }))[0]?.id ?? "";
}

async function markerId({ admin, realm }: GatedRealm): Promise<string> {
  const scopes = await admin.get<{ id: string; name: string }[]>(`/realms/${realm}/client-scopes`);
  return scopes.find(({ name }) => name === "langfuse-gate")?.id ?? "";
}

/** Takes the marker off Langfuse's client, or makes it an optional scope. */
export const unmarked =
  (isOptional: boolean) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const client = `${base(gated)}/clients/${await clientId(gated, langfuse.clientId)}`;
    const id = await markerId(gated);
    await gated.admin.delete(`${client}/default-client-scopes/${id}`);
    if (isOptional) await gated.admin.put(`${client}/optional-client-scopes/${id}`);
    return async () => {
      if (isOptional) await gated.admin.delete(`${client}/optional-client-scopes/${id}`);
      await gated.admin.put(`${client}/default-client-scopes/${id}`);
    };
  };

/** Marks another client, or every client to come. */
export const markedToo =
  (whom: "wiki" | "new clients") =>
  async (gated: GatedRealm): Promise<Repair> => {
    const id = await markerId(gated);
    const path =
      whom === "wiki"
        ? `${base(gated)}/clients/${await clientId(gated, wiki.clientId)}/default-client-scopes/${id}`
        : `${base(gated)}/default-default-client-scopes/${id}`;
    await gated.admin.put(path);
    return () => gated.admin.delete(path);
  };

/** Changes the resource at a path of the realm. */
export const resource =
  (path: string, change: Readonly<Record<string, unknown>>, movedTo = path) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const former = await gated.admin.get<Record<string, unknown>>(`${base(gated)}${path}`);
    await gated.admin.put(`${base(gated)}${path}`, { ...former, ...change });
    return () => gated.admin.put(`${base(gated)}${movedTo}`, former);
  };

export const renamedMarker = async (gated: GatedRealm): Promise<Repair> =>
  await resource(`/client-scopes/${await markerId(gated)}`, { name: "renamed" })(gated);

/** The role of the gate among those that everybody has. */
export const roleForEverybody = async (gated: GatedRealm): Promise<Repair> => {
  const roles = `${base(gated)}/roles`;
  const path = `${roles}/default-roles-${gated.realm}/composites`;
  const role = [await gated.admin.get<object>(`${roles}/langfuse-access`)];
  await gated.admin.post(path, role);
  return () => gated.admin.delete(path, role);
};

/** A second identity provider that nobody covered. */
export const uncoveredIdentityProvider = async (gated: GatedRealm): Promise<Repair> => {
  const path = `${base(gated)}/identity-provider/instances`;
  const partner = await gated.admin.get<Record<string, unknown>>(`${path}/partner`);
  const { internalId: _internalId, postBrokerLoginFlowAlias: _flow, ...copy } = partner;
  await gated.admin.post(path, { ...copy, alias: "vendor" });
  return () => gated.admin.delete(`${path}/vendor`);
};

/** A profile that chooses flows by policy. */
export const flowPolicy = async (gated: GatedRealm): Promise<Repair> => {
  const path = `${base(gated)}/client-policies/profiles`;
  const executors = [{ executor: "auth-flow-enforcer", configuration: {} }];
  await gated.admin.put(path, { profiles: [{ name: "flows", executors }] });
  return () => gated.admin.put(path, { profiles: [] });
};

/** One more execution at the end of a flow. */
export const extraExecution =
  (flow: string, provider: string) =>
  async (gated: GatedRealm): Promise<Repair> => {
    const alias = named(gated, flow);
    const executions = `${base(gated)}/authentication/flows/${encodeURIComponent(alias)}/executions`;
    const id = await gated.admin.create(`${executions}/execution`, { provider });
    const row = (await rowsOf(gated.admin, gated.realm, alias)).find((one) => one.id === id);
    await gated.admin.put(executions, { ...row, requirement: "REQUIRED", priority: 90 });
    return () => gated.admin.delete(`${base(gated)}/authentication/executions/${id}`);
  };
