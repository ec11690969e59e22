import * as z from "zod";
import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import { pathSegment } from "../http/path.ts";
import type { AdminApi } from "./admin-api.ts";
import type { RoleModel } from "./realm-model.ts";

const rolesAnswer = z.array(z.object({ id: z.string(), name: z.string(), composite: z.boolean().default(false) }));
const namesAnswer = z.array(z.object({ name: z.string() }));
const groupsAnswer = z.array(z.object({ id: z.string() }));
const usersAnswer = z.array(z.object({ enabled: z.boolean().default(false) }));

/** Roles looked at at a time. */
const ROLES_AT_ONCE = 4;
/** People or groups asked for at once. */
const PAGE = 100;

/**
 * Which of the roles exist, and whether anybody who can sign in holds them: directly, by a group or one above it, or by a
 * composite. `defaultRole` is the one that everybody has. Composites are read downwards, because the server has no way
 * from a role to those that include it.
 */
export async function readRoles(
  api: AdminApi,
  realm: string,
  names: ReadonlySet<string>,
  defaultRole?: string,
): Promise<Record<string, RoleModel>> {
  const base = `/${pathSegment(realm)}`;
  const get: Get = (path, schema, query = {}) => api.send({ method: "GET", path: `${base}${path}`, query }, schema);
  const all = await get("/roles", rolesAnswer);
  const composites = all.filter(({ composite }) => composite);
  const includes = new Map(
    await mapLimited(composites, ROLES_AT_ONCE, async ({ id, name }) => {
      const parts = await get(`/roles-by-id/${pathSegment(id)}/composites`, namesAnswer);
      return [name, parts.map((part) => part.name)] as const;
    }),
  );
  const wanted = all.filter(({ name }) => names.has(name));
  const roles = await mapLimited(wanted, ROLES_AT_ONCE, async ({ name }) => {
    const leading = new Set([name]);
    for (const part of leading) for (const [whole, parts] of includes) if (parts.includes(part)) leading.add(whole);
    let isHeld = false;
    for (const role of leading) isHeld ||= await isHeldByAnybody(get, role);
    const isDefault = defaultRole !== undefined && leading.has(defaultRole);
    return [name, { isHeld, ...(isDefault && { isDefault }) }] as const;
  });
  return Object.fromEntries(roles);
}

type Get = <T>(path: string, schema: z.ZodType<T>, query?: Record<string, string | number | boolean>) => Promise<T>;

async function isHeldByAnybody(get: Get, role: string): Promise<boolean> {
  const path = `/roles/${pathSegment(role)}`;
  if (await hasEnabled(get, `${path}/users`)) return true;
  const groups = await everyPage(get, `${path}/groups`, groupsAnswer);
  for (const { id } of groups) {
    const group = `/groups/${pathSegment(id)}`;
    if (await hasEnabled(get, `${group}/members`)) return true;
    groups.push(...(await everyPage(get, `${group}/children`, groupsAnswer)));
  }
  return false;
}

/** Whether a list of people has one who may sign in. */
async function hasEnabled(get: Get, path: string): Promise<boolean> {
  for (let first = 0; ; first += PAGE) {
    const page = await get(path, usersAnswer, { first, max: PAGE }).catch(emptyWhenGone);
    if (page.some(({ enabled }) => enabled)) return true;
    if (page.length < PAGE) return false;
  }
}

async function everyPage<T>(get: Get, path: string, schema: z.ZodType<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const page = await get(path, schema, { first: found.length, max: PAGE }).catch(emptyWhenGone);
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

/** A role or group that was deleted while it was looked at has nobody. */
function emptyWhenGone(error: unknown): never[] {
  if (error instanceof AccessError && error.status === 404) return [];
  throw error;
}
