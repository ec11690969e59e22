import * as z from "zod";
import { isRole, type Role } from "../langfuse/role.ts";
import { compare } from "../plan/order.ts";
import type { OrganizationState } from "./snapshot.ts";

/** A person as a stack declares them. */
export interface DeclaredMember {
  readonly email: string;
  readonly role: Role;
  readonly projectRoles?: readonly { readonly project: string; readonly role: Role }[];
}

/** The value of `langfuse` in a stack's configuration that declares what is there already. */
export interface StackSettings {
  readonly url: string;
  readonly organization: { readonly id: string };
  readonly adopt: "if-exists";
  readonly project: { readonly name: string };
  readonly projects?: readonly { readonly name: string }[];
  readonly members?: readonly DeclaredMember[];
}

export interface StackDump {
  readonly settings: StackSettings;
  /** What cannot be declared and is left out, a sentence each, sorted. */
  readonly leftOut: readonly string[];
}

export interface DumpOptions {
  readonly url: string;
  readonly organizationId: string;
  /** Name of the main project; the first one by name without it. */
  readonly mainProject?: string | undefined;
}

const address = z.email();

/**
 * An organization as the configuration of a stack: whoever runs `up` with it takes over what is there and changes nobody.
 * Metadata and retention are not in it, because a stack leaves alone what it does not declare of them.
 *
 * @returns the reason when no stack can declare the organization
 */
export function stackSettings(
  { members, projects }: OrganizationState,
  { url, organizationId, mainProject }: DumpOptions,
): StackDump | { readonly objection: string } {
  const names = projects.map(({ name }) => name).toSorted(compare);
  const objection = objectionTo(names, mainProject);
  if (objection !== undefined) return { objection };
  const main = mainProject ?? names[0] ?? "";
  const others = names.filter((name) => name !== main).map((name) => ({ name }));
  const leftOut: string[] = [];
  const declared: DeclaredMember[] = [];
  for (const { userId, email, role } of members.toSorted((left, right) => compare(left.email, right.email))) {
    const rows = projects
      .flatMap(({ name, rows: roles }) => {
        const own = roles.get(userId);
        return own === undefined ? [] : [{ project: name, role: own }];
      })
      .toSorted((left, right) => compare(left.project, right.project));
    const known = rows.flatMap(({ project, role: own }) => (isRole(own) ? [{ project, role: own }] : []));
    if (!address.safeParse(email).success) leftOut.push(`user ${userId}: has no usable e-mail address`);
    else if (!isRole(role)) leftOut.push(`${email}: has the role ${role}, which this version does not know`);
    else if (known.length < rows.length)
      leftOut.push(`${email}: has a role in a project that this version does not know`);
    else declared.push({ email, role, ...(known.length > 0 ? { projectRoles: known } : {}) });
  }
  return {
    settings: {
      url,
      // As somebody else's: a stack that names it would write its mark into it.
      organization: { id: organizationId },
      adopt: "if-exists",
      project: { name: main },
      ...(others.length > 0 ? { projects: others } : {}),
      ...(declared.length > 0 ? { members: declared } : {}),
    },
    leftOut,
  };
}

/** Projects are declared by name, so each needs one of its own. */
function objectionTo(names: readonly string[], mainProject: string | undefined): string | undefined {
  const [repeated] = names.filter((name, index) => names.indexOf(name) !== index);
  const [odd] = names.filter((name) => name.length < 3 || name.length > 60);
  if (names.length === 0)
    return "the organization has no project, and a stack declares at least one; make one in Langfuse";
  if (repeated !== undefined) return `several projects are called "${repeated}"; rename all but one in Langfuse`;
  if (odd !== undefined) return `the project "${odd}" has a name of another length than 3 to 60; rename it in Langfuse`;
  if (mainProject !== undefined && !names.includes(mainProject)) {
    return `--main "${mainProject}" is no project of it; use one of ${names.map((name) => `"${name}"`).join(", ")}`;
  }
  return undefined;
}
