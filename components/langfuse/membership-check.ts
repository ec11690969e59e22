import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseMembership } from "#sync/langfuse/answers.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { ADOPTIONS } from "./adoption.ts";
import { announce, knownRoles } from "./announcement.ts";
import { hasPair, memberLists, once, organizationClient, projectRolesRight, titleOf } from "./connection.ts";
import { foretell, mayBeThere, memberForecast, unseenMembersForecast } from "./forecast.ts";
import { canonical, type MembershipInputs } from "./membership-inputs.ts";
import { inOrder, type ProjectRole, readProjectRoles } from "./project-roles.ts";
import { withStoredPair } from "./stored-pair.ts";

const projectRole = z.object({ projectId: z.string().min(1), role: z.enum([...ROLES, UNKNOWN]) });
const shape = {
  organizationId: z.string().min(1),
  email: z.email(),
  role: z.enum(ROLES),
  projectRoles: z.array(z.union([projectRole, z.literal(UNKNOWN)])).optional(),
  adopt: z.enum(ADOPTIONS).optional(),
};

/** What somebody is in an organization before they are declared in it. */
interface Standing {
  readonly member: LangfuseMembership | undefined;
  readonly projectRoles: readonly ProjectRole[];
}

/**
 * Also brings the inputs into one form, so that another spelling of the same is no change, and asks for the right to new
 * roles in projects before the person is made a member without them. Of somebody who may be taken over it tells whether
 * they will be.
 */
export async function check(
  olds: Partial<MembershipInputs>,
  news: MembershipInputs,
  right: (news: MembershipInputs) => Promise<void> = (inputs) => projectRolesRight(inputs.organizationId, inputs),
  standing: (wanted: MembershipInputs) => Promise<Standing> = standingOf,
  say: (line: string) => void = announce,
): Promise<CheckResult<MembershipInputs>> {
  const checked = await checkForm(olds, news, right);
  if (checked.failures.length > 0 || !mayBeThere(olds, news)) return checked;
  const { organizationId, email } = checked.inputs;
  if ([organizationId, email].includes(UNKNOWN)) return checked;
  await foretell(async () => {
    if (!hasPair(news)) return [unseenMembersForecast(titleOf(organizationId))];
    const wanted = { ...checked.inputs, projectRoles: knownRoles(canonical(checked.inputs)) };
    const { member, projectRoles } = await standing(wanted);
    return memberForecast(wanted, member, projectRoles, titleOf);
  }, say);
  return checked;
}

async function checkForm(
  olds: Partial<MembershipInputs>,
  news: MembershipInputs,
  right: (news: MembershipInputs) => Promise<void>,
): Promise<CheckResult<MembershipInputs>> {
  const { inputs, failures } = checkInputs(shape, withStoredPair(olds, news, ["publicKey", "secretKey"]));
  const refusal = failures.length > 0 ? undefined : await projectRolesRefusal(olds, inputs, right);
  if (refusal !== undefined) failures.push({ property: "projectRoles", reason: refusal });
  if (failures.length > 0) return { inputs, failures };
  const { projectRoles, ...rest } = { ...inputs, email: inputs.email.toLowerCase() };
  if (!Array.isArray(projectRoles)) return { inputs: { ...rest, ...(projectRoles && { projectRoles }) }, failures };
  return { inputs: { ...rest, ...(projectRoles.length > 0 && { projectRoles: inOrder(projectRoles) }) }, failures };
}

/** Why nobody can have roles in projects, where new ones are declared; any other trouble is met by the first write. */
async function projectRolesRefusal(
  olds: Partial<MembershipInputs>,
  news: MembershipInputs,
  right: (news: MembershipInputs) => Promise<void>,
): Promise<string | undefined> {
  const { projectRoles = [], organizationId, secretKey } = news;
  const isNew =
    projectRoles.length > 0 && changedProperties<Partial<MembershipInputs>>(olds, news, ["projectRoles"]).length > 0;
  if (!isNew || [organizationId, secretKey].includes(UNKNOWN)) return undefined;
  try {
    await right(news);
  } catch (error) {
    if (error instanceof AccessError && error.status === 403) return error.message;
  }
  return undefined;
}

async function standingOf(wanted: MembershipInputs): Promise<Standing> {
  const { organizationId, email, projectRoles = [] } = wanted;
  const client = organizationClient(organizationId, wanted);
  const lists = memberLists(organizationId);
  // Where the list cannot be read, it is not asked for again for everybody in it.
  await once(`members of ${organizationId}`, () => lists.organization(client));
  const member = await lists.inOrganization(client, email);
  return { member, projectRoles: member ? await readProjectRoles(email, projectRoles, client, lists) : [] };
}
