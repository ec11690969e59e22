import fc from "fast-check";
import { expect, it } from "vitest";
import { ROLES, type Role } from "#sync/langfuse/role.ts";
import type { Person } from "#sync/people/person.ts";
import { type Change, phaseOf, raises } from "#sync/plan/change.ts";
import { type Plan, plan } from "#sync/plan/plan.ts";
import type { AccessState, Member, Project } from "#sync/plan/state.ts";
import { type AccessRules, UNMATCHED_MODES } from "#sync/roles/rule.ts";
import { person, rulesOf } from "./world.ts";

const names = ["a", "b", "c", "d", "e", "protected", "ignored"];
const titles = ["Assistant", "Bench"];

const someRole = fc.constantFrom(...ROLES);
const optionalRole = fc.option(someRole, { nil: undefined });

const people: fc.Arbitrary<Person> = fc
  .record({
    name: fc.constantFrom(...names),
    id: fc.constantFrom("1", "2", "3", "4", "5", "6", "7"),
    emailVerified: fc.boolean(),
    enabled: fc.boolean(),
    federated: fc.boolean(),
    realmRoles: fc.subarray(["owners", "admins"]),
    clientRoles: fc.subarray(["app/user"]),
    groups: fc.subarray(["/research", "/research/vision"]),
  })
  .map(({ name, ...more }) => person(name, more));

const rule = fc.record(
  {
    organization: optionalRole,
    projects: fc.dictionary(fc.constantFrom(...titles, "project 0"), someRole, { maxKeys: 2 }),
    emailVerified: fc.option(fc.boolean(), { nil: undefined }),
  },
  { requiredKeys: ["projects"] },
);

const rules: fc.Arbitrary<AccessRules> = fc
  .record({
    admins: rule,
    owners: rule,
    application: rule,
    research: rule,
    fallback: someRole,
    unmatched: fc.constantFrom(...UNMATCHED_MODES),
    provision: fc.boolean(),
  })
  .map(({ admins, owners, application, research, ...settings }) => {
    const full = ({ emailVerified, organization, projects }: typeof admins) => ({
      projects,
      ...(organization && { organization }),
      when: { emailVerified },
    });
    return rulesOf({
      rules: [
        { group: "/research", ...full(research) },
        { realmRole: "owners", ...full(owners) },
        { realmRole: "admins", ...full(admins) },
        { clientRole: "app/user", ...full(application) },
      ],
      protect: ["protected@*"],
      ignore: ["ignored@*"],
      ...settings,
    });
  });

const states: fc.Arbitrary<AccessState> = fc
  .record({
    members: fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), role: fc.constantFrom(...ROLES, "SUPER") }), {
      selector: ({ name }) => name,
    }),
    realm: fc.uniqueArray(people, { selector: ({ id }) => id, maxLength: 7 }),
    links: fc.dictionary(fc.constantFrom(...names), fc.constantFrom("1", "2", "3", "4", "5", "6", "7")),
    absent: fc.dictionary(fc.constantFrom(...names), fc.record({ due: fc.boolean(), wasLinked: fc.boolean() })),
    unavailable: fc.dictionary(fc.constantFrom(...names), fc.nat(2)),
    rows: fc.array(fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...ROLES, "SUPER")), {
      minLength: 2,
      maxLength: 2,
    }),
  })
  .map(({ members, realm, links, absent, unavailable, rows }) => {
    const byEmail = Map.groupBy(realm, ({ email }) => email);
    const byId = new Map(realm.map((one) => [one.id, one]));
    const isMember = new Set(members.map(({ name }) => name));
    return {
      members: members.map(({ name, role }): Member => ({ userId: name, email: `${name}@example.com`, role })),
      people: {
        byEmail,
        linked: new Map(
          Object.entries(links).flatMap(([name, id]) => {
            const linked = byId.get(id);
            return linked === undefined ? [] : [[name, linked] as const];
          }),
        ),
      },
      holders: realm,
      absences: new Map(
        Object.entries(absent).map(([name, absence]) => [name, { since: "2026-01-01T00:00:00Z", ...absence }]),
      ),
      unavailable: new Map(Object.entries(unavailable)),
      projects: rows.map(
        (given, index): Project => ({
          id: `project ${index}`,
          name: titles[index] ?? "",
          rows: new Map(Object.entries(given).filter(([name]) => isMember.has(name))),
        }),
      ),
    };
  });

/** The organization as it is when every change has been made as Langfuse makes it. */
function applied(state: AccessState, { changes }: Pick<Plan, "changes">): AccessState {
  const members = new Map(state.members.map((member) => [member.userId, member]));
  const projects = state.projects.map((project) => ({ ...project, rows: new Map(project.rows) }));
  const idOf = ({ userId, email }: Change) => userId ?? email;
  for (const change of changes) {
    const { kind, email, to, project, row } = change;
    const userId = idOf(change);
    const rows = projects.find(({ id }) => id === project?.id)?.rows;
    if (rows !== undefined) {
      if (!members.has(userId)) throw new Error("a project role needs a membership");
      if (row?.to) rows.set(userId, row.to);
      else rows.delete(userId);
    } else if (kind === "remove-member") {
      members.delete(userId);
      for (const { rows: all } of projects) all.delete(userId);
    } else members.set(userId, { userId, email, role: to });
  }
  return { ...state, members: [...members.values()], projects };
}

const worlds = fc.tuple(states, rules);

it("a plan leaves nothing to do once it is applied", () => {
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      expect(plan(applied(state, plan(state, given)), given).changes).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

it("a plan that was broken off is finished by the next one", () => {
  fc.assert(
    fc.property(worlds, fc.nat(), ([state, given], seed) => {
      const { changes } = plan(state, given);
      const part = changes.slice(0, seed % (changes.length + 1));
      const rest = applied(state, { changes: part });
      expect(plan(applied(rest, plan(rest, given)), given).changes).toEqual([]);
    }),
  );
});

it("a plan is the same bytes whatever the order of what was read, and when it is made twice", () => {
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      const reversed: AccessState = {
        members: state.members.toReversed(),
        people: {
          byEmail: new Map([...state.people.byEmail].toReversed().map(([email, all]) => [email, all.toReversed()])),
          linked: new Map([...state.people.linked].toReversed()),
        },
        holders: state.holders.toReversed(),
        projects: state.projects.toReversed().map((one) => ({ ...one, rows: new Map([...one.rows].toReversed()) })),
        absences: new Map([...state.absences].toReversed()),
        unavailable: new Map([...state.unavailable].toReversed()),
      };
      const bytes = JSON.stringify(plan(state, given));
      expect(JSON.stringify(plan(reversed, given))).toBe(bytes);
      expect(JSON.stringify(plan(state, given))).toBe(bytes);
    }),
  );
});

it("protected, ignored and uncertain people are never changed", () => {
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      const { changes, untouched } = plan(state, given);
      const left = new Set(
        untouched.filter(({ kind, project }) => kind !== "unverified" && !project).map(({ userId }) => userId),
      );
      for (const { email, userId, project } of changes) {
        expect(email).not.toMatch(/^(protected|ignored)@/);
        if (userId !== null && !project) expect(left).not.toContain(userId);
      }
    }),
  );
});

it("an organization with an owner keeps one, at every step", () => {
  const owns = ({ role }: Member) => role === "OWNER";
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      fc.pre(state.members.some(owns));
      const { changes } = plan(state, given);
      for (let step = 1; step <= changes.length; step += 1) {
        expect(applied(state, { changes: changes.slice(0, step) }).members.some(owns)).toBe(true);
      }
    }),
  );
});

it("nobody rises above MEMBER by an address that is not verified", () => {
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      const verified = new Set(
        [...state.people.byEmail.values(), [...state.people.linked.values()]]
          .flat()
          .flatMap(({ id, emailVerified }) => (emailVerified ? [id] : [])),
      );
      for (const change of plan(state, given).changes) {
        const rows: (Role | null | undefined)[] = [change.project === undefined ? change.to : change.row?.to];
        if (raises(change) && !verified.has(change.keycloakId ?? "")) {
          for (const role of rows) expect(["OWNER", "ADMIN"]).not.toContain(role);
        }
      }
    }),
  );
});

it("a plan gives before it takes, in an order that a project role finds its membership in, and counts everybody once", () => {
  fc.assert(
    fc.property(worlds, ([state, given]) => {
      const { changes, untouched, inSync, ignored } = plan(state, given);
      const phases = changes.map(phaseOf);
      expect(phases).toEqual(phases.toSorted());
      expect(phases.every((phase, index) => raises(changes[index] as Change) === phase < 2)).toBe(true);
      const touched = new Set([...changes, ...untouched].flatMap(({ userId }) => userId || []));
      expect(touched.size + inSync + ignored).toBe(state.members.length);
    }),
  );
});
