import { readFile } from "node:fs/promises";
import { z } from "zod";
import { Browser } from "../browser/browser.ts";
import { langfuseClientId } from "../keycloak/company.ts";

/** Keys of a contract target: how to reach a Langfuse and what is seeded in it. */
const targetSchema = z.object({
  url: z.url().transform((url) => url.replace(/\/+$/, "")),
  plan: z.string().default("enterprise"),
  adminApiKey: z.string().optional(),
  orgId: z.string(),
  orgPublicKey: z.string(),
  orgSecretKey: z.string(),
});

export type LangfuseTarget = z.output<typeof targetSchema>;

/** The Langfuse named by `LANGFUSE_TARGET`, undefined when the variable is not set. */
export async function namedTarget(environment = process.env): Promise<LangfuseTarget | undefined> {
  const file = environment.LANGFUSE_TARGET;
  if (!file) return undefined;
  const parsed = targetSchema.safeParse(parseJson(await readFile(file, "utf8")));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => [...issue.path, issue.message].join(": "));
  throw new Error(`LANGFUSE_TARGET=${file} is not a target:\n${problems.join("\n")}`);
}

/** The parser's own message would quote the text, and with it a key. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a Langfuse sends people to sign in. */
export interface SignInProvider {
  /** Address of the realm. */
  readonly issuer: string;
  readonly clientId: string;
}

/**
 * Asked from the server itself, because its own settings are out of sight; undefined without a Keycloak provider. One that
 * has to reach its Keycloak before it can tell, and whose Keycloak the run is yet to start, is told of by
 * `LANGFUSE_OIDC_ISSUER`.
 */
export async function signInProvider(url: string, environment = process.env): Promise<SignInProvider | undefined> {
  const told = environment.LANGFUSE_OIDC_ISSUER;
  if (told && URL.canParse(told)) return { issuer: told.replace(/\/+$/, ""), clientId: langfuseClientId };
  if (told) throw new Error(`LANGFUSE_OIDC_ISSUER is "${told}"; write the address of a realm`);
  const browser = new Browser();
  const csrf = JSON.parse((await browser.get(`${url}/api/auth/csrf`)).body) as { csrfToken?: string };
  const page = await browser.post(`${url}/api/auth/signin/keycloak`, {
    csrfToken: csrf.csrfToken ?? "",
    callbackUrl: url,
    json: "true",
  });
  const begun = new URL((JSON.parse(page.body) as { url?: string }).url ?? url);
  const clientId = begun.searchParams.get("client_id");
  const suffix = "/protocol/openid-connect/auth";
  if (!clientId || !begun.pathname.endsWith(suffix)) return undefined;
  return { issuer: `${begun.origin}${begun.pathname.slice(0, -suffix.length)}`, clientId };
}
