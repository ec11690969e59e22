import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import { explainIn, type Identity, type PersonExplanation } from "../explain/explanation.ts";
import { explanationText } from "../explain/text.ts";
import { readExplanation } from "../keycloak/explanation.ts";
import { suggestion } from "../nearest.ts";
import { interestOf } from "../roles/rule.ts";
import { type Command, createContext } from "./context.ts";
import { readDecisions } from "./decisions.ts";

/** People who share the address and are looked at; more say nothing new. */
const MOST_NAMESAKES = 10;

export const explainCommand: Command = async (surroundings, options) => {
  const email = (options.operands[0] ?? "").toLowerCase();
  const context = await createContext(surroundings, options);
  const { configuration, keycloak, directory, organizations, safeguards } = context;
  const interest = interestOf(organizations.map(({ rules }) => rules));
  const { decisions } = await readDecisions(context, new Date(), { everybody: true });
  const named = await directory.confirm(interest, email);
  const linked = decisions.flatMap(({ state }) =>
    state.members.flatMap((member) => (member.email === email ? (state.people.linked.get(member.userId) ?? []) : [])),
  );
  const people = [...new Map([...named, ...linked].map((person) => [person.id, person])).values()];
  const isMember = decisions.some(({ state }) => state.members.some((member) => member.email === email));
  if (people.length === 0 && !isMember) {
    const known = decisions.flatMap(({ state }) => state.members.map((member) => member.email));
    throw new AccessError(
      "usage",
      `nobody has the address "${email}"${suggestion(email, known)}, neither in Keycloak nor in Langfuse; check the spelling`,
    );
  }
  const { clientRoles } = configuration.keycloak;
  const identities = await mapLimited(
    people.slice(0, MOST_NAMESAKES),
    1,
    async (person): Promise<Identity> => ({
      person,
      holdings: await readExplanation(keycloak, interest, person.id, { clientRoles }),
    }),
  );
  const refusals = await safeguards.guard(decisions, []);
  const explanation: PersonExplanation = {
    email,
    identities,
    organizations: decisions.map((decision) => explainIn(decision, email, named, refusals)),
  };
  surroundings.print(
    options.json ? JSON.stringify({ command: "explain", exitCode: 0, ...explanation }) : explanationText(explanation),
  );
  return 0;
};
