import * as z from "zod";
import { mapLimited } from "../concurrency.ts";
import { pathSegment } from "../http/path.ts";
import type { AdminApi } from "./admin-api.ts";
import { FORCE_LOGIN } from "./realm-model.ts";
import type { FlatExecution } from "./replica.ts";

/** A `FlatExecution` as a server has it. */
export interface LiveExecution extends FlatExecution {
  readonly priority: number;
}

const executionsAnswer = z.array(
  z.object({
    level: z.number(),
    priority: z.number().default(0),
    requirement: z.string(),
    displayName: z.string().optional(),
    providerId: z.string().optional(),
    authenticationFlow: z.boolean().optional(),
    authenticationConfig: z.string().optional(),
  }),
);
const configAnswer = z.object({ alias: z.string(), config: z.record(z.string(), z.string()).default({}) });
const flowsAnswer = z.array(
  z.object({
    id: z.string(),
    alias: z.string(),
    builtIn: z.boolean().default(false),
    description: z.string().nullish(),
  }),
);
const identityProvidersAnswer = z.array(
  z.object({
    alias: z.string(),
    enabled: z.boolean().default(true),
    postBrokerLoginFlowAlias: z.string().nullish(),
  }),
);

const descriptionAnswer = z.object({
  properties: z.array(z.object({ name: z.string(), defaultValue: z.unknown() })).default([]),
});

/** Configurations of a flow read at a time. */
const CONFIGURATIONS_AT_ONCE = 4;
/** Identity providers asked for at once; the server lists no more than a hundred without being told. */
const PAGE = 100;

/** The whole tree of a flow, flattened, with the configuration of its executions; 404 when there is none. */
export async function readFlow(api: AdminApi, realm: string, alias: string): Promise<LiveExecution[]> {
  const base = `/${pathSegment(realm)}/authentication`;
  const rows = await api.send(
    { method: "GET", path: `${base}/flows/${pathSegment(alias)}/executions` },
    executionsAnswer,
  );
  return await mapLimited(rows, CONFIGURATIONS_AT_ONCE, async ({ authenticationConfig: id, ...row }) => {
    if (id === undefined) return row;
    const found = await api.send({ method: "GET", path: `${base}/config/${pathSegment(id)}` }, configAnswer);
    return { ...row, config: { alias: found.alias, values: found.config } };
  });
}

/** What the step that mails a link does where nobody configured it; undefined where the server cannot force a login. */
export async function readForceLoginDefault(api: AdminApi, realm: string): Promise<string | undefined> {
  const path = `/${pathSegment(realm)}/authentication/config-description/reset-credential-email`;
  const { properties } = await api.send({ method: "GET", path }, descriptionAnswer);
  const found = properties.find(({ name }) => name === FORCE_LOGIN);
  return found && String(found.defaultValue ?? "");
}

/** Top-level flows. */
export async function readFlowList(api: AdminApi, realm: string): Promise<z.output<typeof flowsAnswer>> {
  return await api.send({ method: "GET", path: `/${pathSegment(realm)}/authentication/flows` }, flowsAnswer);
}

/** All of them: those of organizations and those hidden on the login page as well. */
export async function readIdentityProviders(
  api: AdminApi,
  realm: string,
): Promise<{ alias: string; enabled: boolean; postFlow: string | undefined }[]> {
  const path = `/${pathSegment(realm)}/identity-provider/instances`;
  const found: z.output<typeof identityProvidersAnswer> = [];
  for (;;) {
    const query = { first: found.length, max: PAGE };
    const page = await api.send({ method: "GET", path, query }, identityProvidersAnswer);
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found.map(({ alias, enabled, postBrokerLoginFlowAlias }) => ({
    alias,
    enabled,
    postFlow: postBrokerLoginFlowAlias || undefined,
  }));
}
