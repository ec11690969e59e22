import { pathText } from "../keycloak/paths.ts";
import type { Change } from "../plan/change.ts";
import { printable } from "../printable.ts";
import type { Identity, OrganizationExplanation, PersonExplanation } from "./explanation.ts";
import type { Verdict } from "./verdict.ts";

/** The chain from Keycloak to the request, one screen for each organization. */
export function explanationText({ email, identities, organizations }: PersonExplanation): string {
  return [email, ...identityLines(identities), ...organizations.flatMap(organizationLines)].map(printable).join("\n");
}

function identityLines(identities: readonly Identity[]): readonly string[] {
  if (identities.length === 0) return ["Keycloak: nobody has this address"];
  return identities.flatMap(({ person, holdings }) => {
    const facts = [
      person.enabled ? "enabled" : "disabled",
      `address ${person.emailVerified ? "" : "not "}verified`,
      ...(person.federated ? ["from a user storage"] : []),
    ];
    const held = holdings.flatMap(({ kind, name, paths }) => [
      `  ${kind} ${name}, held by`,
      ...paths.map((path) => `    ${pathText(path)}`),
    ]);
    return [
      `Keycloak: user ${person.id}, ${facts.join(", ")}`,
      ...(held.length > 0 ? held : ["  holds nothing that a rule asks for"]),
    ];
  });
}

function organizationLines(explanation: OrganizationExplanation): readonly string[] {
  const { name, member, verdicts, changes, untouched } = explanation;
  const nothing = changes.length === 0 && untouched.length === 0;
  return [
    `Organization ${name}: ${member === undefined ? "no member" : `${member.role} now`}`,
    ...(explanation.ignored ? ["  ignored: their address is on the list of those to ignore"] : []),
    ...(explanation.protected ? ["  protected: they are never touched"] : []),
    ...(verdicts ?? []).map(verdictLine),
    ...changes.map((change) => `  change: ${changeText(change)}, because ${change.reason}`),
    ...untouched.map(
      ({ project, role, reason }) => `  left alone: ${role}${project ? ` in ${project.name}` : ""}, because ${reason}`,
    ),
    ...(nothing ? [member === undefined ? `  nothing happens: ${NO_MEMBER}` : "  nothing to change"] : []),
    ...guardLines(explanation),
  ];
}

const NO_MEMBER = "they join at their first login, or by provisioning where it is on and a rule applies";

function verdictLine({ rule, source, project, role, wins, why }: Verdict): string {
  const place = rule === undefined ? "" : `rule ${rule}: `;
  return `  ${wins ? "*" : " "} ${place}${source} → ${role}${project === undefined ? "" : ` in ${project}`}: ${why}`;
}

function changeText({ kind, from, to, project }: Change): string {
  return `${kind} ${from} → ${to}${project === undefined ? "" : ` in ${project.name}`}`;
}

function guardLines({ changes, refusals, calls }: OrganizationExplanation): readonly string[] {
  if (refusals.length > 0) {
    return ["  guard: refuses the whole plan", ...refusals.map(({ guard, message }) => `    ${guard}: ${message}`)];
  }
  return changes.length === 0 ? [] : ["  guard: lets the plan pass", ...calls.map((call) => `  call: ${call}`)];
}
