import * as z from "zod";
import { serverMessage } from "../http/server-message.ts";
import { langfuseRemedy } from "../langfuse/remedy.ts";
import { suggestion } from "../nearest.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, failure, info, ok } from "./finding.ts";
import type { Probe, ProbeAnswer } from "./probe.ts";
import { langfuseVersionFinding } from "./version.ts";

export interface OrganizationExamination {
  /** For people. */
  readonly organization: string;
  readonly url: string;
  readonly publicKey: string;
  readonly secretKey: string;
  /** Projects that rules name, by name or id; their roles need a right of the licence of their own. */
  readonly projectKeys: ReadonlySet<string>;
}

const health = z.object({ version: z.string() });
const projects = z.object({ projects: z.array(z.object({ id: z.string(), name: z.string().default("") })) });

/** Asks a Langfuse server what it tells everybody. */
export async function examineServer(url: string, probe: Probe, now: () => Date): Promise<readonly Finding[]> {
  const answer = await probe(`${url.replace(/\/+$/, "")}/api/public/health`);
  if (answer === undefined) return [unreachable("Langfuse health")];
  const version = health.safeParse(answer.body).data?.version;
  return [
    answer.status === 200
      ? ok("Langfuse health", "answers, which it also does while its database or cache is down")
      : failure("Langfuse health", `answered ${answer.status}`, "look into the server's log"),
    ...(version === undefined
      ? [failure("Langfuse version", "the health endpoint does not tell it", "check that LANGFUSE_URL is Langfuse")]
      : [langfuseVersionFinding(version)]),
    ...(answer.date === undefined ? [] : [clockFinding("Langfuse", answer.date, now())]),
  ];
}

/** Asks with the key of one organization for its scope, the licence and the project roles. */
export async function examineOrganization(
  { organization, url, publicKey, secretKey, projectKeys }: OrganizationExamination,
  probe: Probe,
): Promise<readonly Finding[]> {
  const { base, headers } = access(url, publicKey, secretKey);
  const get = (path: string) => probe(`${base}${path}`, { headers });
  const check = (what: string) => `${organization}: ${what}`;

  // SCIM's discovery answers without a licence, so it would prove nothing.
  const people = await get("/scim/Users?count=1");
  if (people === undefined) return [unreachable(check("key"))];
  if (people.status !== 200) return [keyFinding(check, people)];
  const findings: Finding[] = [
    ok(check("key"), "a key of an organization, accepted"),
    ok(check("licence"), "the server's licence covers SCIM"),
  ];
  const list = await get("/organizations/projects");
  const existing = projects.safeParse(list?.body).data?.projects ?? [];
  findings.push(...projectFindings(check("projects"), projectKeys, existing));
  const [project] = existing;
  if (project === undefined) {
    findings.push(info(check("project roles"), "cannot be tried: the organization has no project"));
    return findings;
  }
  const rows = await get(`/projects/${encodeURIComponent(project.id)}/memberships`);
  findings.push(projectRolesFinding(check("project roles"), rows, projectKeys.size > 0));
  return findings;
}

const keys = z.object({ apiKeys: z.array(z.object({ id: z.string() })) });

/**
 * Keys do not tell which organization they are of, but list its keys: where two organizations have a key in common, the
 * key of one of them is of the other, and its rules would decide about the other's members.
 */
export async function examineKeys(
  organizations: readonly Pick<OrganizationExamination, "organization" | "url" | "publicKey" | "secretKey">[],
  probe: Probe,
): Promise<readonly Finding[]> {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { organization, url, publicKey, secretKey } of organizations) {
    const { base, headers } = access(url, publicKey, secretKey);
    const ids = keys.safeParse((await probe(`${base}/organizations/apiKeys`, { headers }))?.body).data?.apiKeys ?? [];
    const known = ids.map(({ id }) => JSON.stringify([url, id]));
    const other = known.map((id) => owners.get(id)).find((name) => name !== undefined);
    for (const id of known) owners.set(id, organization);
    if (other === undefined) continue;
    const fact = `its key opens the same organization as that of ${other}, so that both would decide about the same people`;
    findings.push(failure(`${organization}: key`, fact, "give each a key of its own organization", "usage"));
  }
  return findings;
}

function access(url: string, publicKey: string, secretKey: string) {
  const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;
  return { base: `${url.replace(/\/+$/, "")}/api/public`, headers: { authorization } };
}

/** Projects that rules name and that are not there, or there twice: a run could not tell whose roles are meant. */
function projectFindings(
  check: string,
  keys: ReadonlySet<string>,
  existing: readonly { readonly id: string; readonly name: string }[],
): readonly Finding[] {
  const problems = [...keys].toSorted().flatMap((key): Finding[] => {
    if (existing.some(({ id }) => id === key)) return [];
    const named = existing.filter(({ name }) => name === key).length;
    if (named === 1) return [];
    const names = existing.map(({ name }) => name);
    return named === 0
      ? [failure(check, `there is no project "${key}"${suggestion(key, names)}`, "create it, or correct the rules")]
      : [failure(check, `there are several projects "${key}"`, "name the one that is meant by its id")];
  });
  if (problems.length > 0 || keys.size === 0) return problems;
  return [ok(check, "every project of the rules exists")];
}

function keyFinding(check: (what: string) => string, answer: ProbeAnswer): Finding {
  const said = messageIn(answer);
  const what = /plan/i.test(said) ? "licence" : "key";
  const remedy = langfuseRemedy(answer.status, said) ?? "look into the server's log";
  return failure(check(what), `the server answered ${answer.status}${said && `: ${said}`}`, remedy);
}

function projectRolesFinding(check: string, rows: ProbeAnswer | undefined, needed: boolean): Finding {
  if (rows?.status === 200) return ok(check, "the server's licence covers them");
  const fact = rows === undefined ? "no answer" : `the server answered ${rows.status}: ${messageIn(rows)}`;
  if (!needed) return info(check, `${fact}; no rule needs them`);
  const remedy = langfuseRemedy(rows?.status ?? 0, rows ? messageIn(rows) : "") ?? "look into the server's log";
  return failure(check, fact, remedy);
}

function messageIn({ body }: ProbeAnswer): string {
  return serverMessage(body === undefined ? "" : JSON.stringify(body));
}

function unreachable(check: string): Finding {
  return failure(check, "got no answer", "check LANGFUSE_URL, and that the server and its cache run");
}
