import type { LangfuseTarget } from "#local/langfuse/server.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls the API with the key of the first organization, unless `authorization` says otherwise. */
export async function call(
  target: LangfuseTarget,
  method: string,
  path: string,
  { body, authorization = organizationKey(target) }: { body?: unknown; authorization?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${target.url}${path}`, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: isJson(response) ? JSON.parse(text) : text };
}

export function organizationKey({ orgPublicKey, orgSecretKey }: LangfuseTarget): string {
  return basic(orgPublicKey, orgSecretKey);
}

export function basic(publicKey: string, secretKey: string): string {
  return `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;
}

export function admin({ adminApiKey }: LangfuseTarget): string {
  return `Bearer ${adminApiKey}`;
}

/** Creates somebody and returns the id. */
export async function createUser(target: LangfuseTarget, userName: string, role = "MEMBER"): Promise<string> {
  const { status, body } = await call(target, "POST", "/api/public/scim/Users", { body: { userName, roles: [role] } });
  if (status !== 201) throw new Error(`creating ${userName} answered ${status}`);
  return text(body, "id");
}

/** A text in an answer, by its path. */
export function text(body: unknown, ...path: string[]): string {
  const value = path.reduce<unknown>(
    (each, name) => (each instanceof Object ? Reflect.get(each, name) : undefined),
    body,
  );
  if (typeof value !== "string") throw new Error(`no text at ${path.join(".")} in ${JSON.stringify(body)}`);
  return value;
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("application/json") ?? false;
}
