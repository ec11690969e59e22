import * as z from "zod";
import { createHttpClient, type HttpOptions } from "../http/client.ts";
import { pathSegment } from "../http/path.ts";
import {
  apiKeyList,
  type CreatedApiKey,
  createdApiKey,
  type LangfuseApiKey,
  type LangfuseOrganization,
  organization,
  organizationList,
} from "./answers.ts";
import { goneIsDone } from "./client.ts";
import { langfuseRemedy } from "./remedy.ts";

export interface LangfuseAdminOptions
  extends Pick<HttpOptions, "timeout" | "deadline" | "attempts" | "connections" | "signal"> {
  /** Address of Langfuse without `/api`. */
  readonly url: string;
  /** The server's ADMIN_API_KEY: it may do everything to every organization. */
  readonly adminApiKey: string;
}

export interface OrganizationSettings {
  /** Need not be unique. */
  readonly name: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What the server's own key can do. Every method throws `AccessError`; its `status` tells 404 apart. */
export interface LangfuseAdminClient {
  listOrganizations(): Promise<readonly LangfuseOrganization[]>;
  getOrganization(id: string): Promise<LangfuseOrganization>;
  createOrganization(settings: OrganizationSettings): Promise<LangfuseOrganization>;
  updateOrganization(id: string, settings: OrganizationSettings): Promise<LangfuseOrganization>;
  /** 400 while the organization has projects, or projects whose deletion is still under way. */
  deleteOrganization(id: string): Promise<void>;
  listApiKeys(organizationId: string): Promise<readonly LangfuseApiKey[]>;
  /** The only time the secret is shown; the server chooses the pair. */
  createApiKey(organizationId: string, settings?: { note?: string }): Promise<CreatedApiKey>;
  /** An unknown key is success. */
  deleteApiKey(organizationId: string, keyId: string): Promise<void>;
}

export function createLangfuseAdminClient(options: LangfuseAdminOptions): LangfuseAdminClient {
  const { send } = createHttpClient({
    ...options,
    service: "Langfuse",
    baseUrl: `${options.url.replace(/\/+$/, "")}/api/admin/organizations`,
    headers: { authorization: `Bearer ${options.adminApiKey}` },
    remedy: langfuseRemedy,
  });
  const one = (id: string) => `/${pathSegment(id)}`;
  const keys = (id: string) => `${one(id)}/apiKeys`;

  return {
    listOrganizations: async () => (await send({ method: "GET", path: "" }, organizationList)).organizations,
    getOrganization: (id) => send({ method: "GET", path: one(id) }, organization),
    createOrganization: (settings) => send({ method: "POST", path: "", body: settings }, organization),
    updateOrganization: (id, settings) => send({ method: "PUT", path: one(id), body: settings }, organization),
    deleteOrganization: async (id) => {
      await send({ method: "DELETE", path: one(id) }, z.unknown());
    },
    listApiKeys: async (id) => (await send({ method: "GET", path: keys(id) }, apiKeyList)).apiKeys,
    createApiKey: (id, settings = {}) => send({ method: "POST", path: keys(id), body: settings }, createdApiKey),
    deleteApiKey: (id, keyId) =>
      goneIsDone("API key not found", () =>
        send({ method: "DELETE", path: `${keys(id)}/${pathSegment(keyId)}` }, z.unknown()),
      ),
  };
}
