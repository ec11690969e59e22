import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import type { Person } from "#sync/gate/login.ts";
import { type CompanyServer, otpCredential } from "./gated-realm.ts";

/** How somebody comes to the role of Langfuse, or does not; the first two columns of the acceptance table. */
export const ROWS = ["direct", "by group", "by composite", "without", "disabled"] as const;
export type Row = (typeof ROWS)[number];

/** Role of the first gated client, and of the second, which only people without the first have. */
export const roles = { langfuse: "langfuse-access", grafana: "reader" } as const;
const group = "/engineering/ml";

export interface Inhabitant {
  readonly row: Row;
  /** Whether they have a second factor. */
  readonly otp: boolean;
  readonly username: string;
  readonly password: string;
  readonly email: string;
  /** What the simulator is told of them. */
  readonly facts: Person;
}

const effective: Readonly<Record<Row, readonly string[]>> = {
  direct: [roles.langfuse],
  "by group": [roles.langfuse],
  "by composite": ["team-lead", roles.langfuse],
  without: [roles.grafana],
  disabled: [roles.langfuse],
};

/** Everybody of the table: each row with and without a second factor. */
export const inhabitants: readonly Inhabitant[] = ROWS.flatMap((row) =>
  [false, true].map((otp) => {
    const username = `${row.replaceAll(" ", "-")}${otp ? ".otp" : ""}`;
    return {
      row,
      otp,
      username,
      password: `${username}-password`,
      email: `${username}@example.com`,
      facts: { enabled: row !== "disabled", roles: effective[row], otp },
    };
  }),
);

/** Cheap to check: what is tested is many logins, not how long a password takes to guess. */
const passwordPolicy = "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)";

/** Brings them into the realm, and into the partner's under the same names and addresses. */
export async function settle({ admin, realm }: CompanyServer, otpSecret: string): Promise<void> {
  for (const name of [realm, "partner"]) await admin.put(`/realms/${name}`, { realm: name, passwordPolicy });
  const account = ({ username, email, password }: Inhabitant) => ({
    username,
    email,
    emailVerified: true,
    firstName: "Ina",
    lastName: "Inhabitant",
    credentials: [{ type: "password", value: password, temporary: false }],
  });
  const users = inhabitants.map((one) => {
    const { credentials, ...rest } = account(one);
    return {
      ...rest,
      enabled: one.facts.enabled,
      credentials: [...credentials, ...(one.otp ? [otpCredential(otpSecret)] : [])],
      realmRoles: rolesOf(one),
      groups: one.row === "by group" ? [group] : [],
    };
  });
  await admin.post(`/realms/${realm}/partialImport`, { ifResourceExists: "FAIL", users });
  const partners = inhabitants.map((one) => ({ ...account(one), enabled: true }));
  await admin.post("/realms/partner/partialImport", { ifResourceExists: "FAIL", users: partners });
}

/** What is assigned to them. */
function rolesOf({ row }: Inhabitant): string[] {
  if (row === "by group") return [];
  return row === "by composite" ? ["team-lead"] : [...effective[row]];
}

/** Paths of an account and of what opens a gate to it, and the roles there are. */
interface Known {
  readonly user: string;
  readonly assigned: string;
  readonly roles: ReadonlyMap<string, object>;
}

/** What changes with a person between two logins. */
export class Account {
  readonly #admin: KeycloakAdmin;
  readonly #realm: string;
  readonly #person: Inhabitant;
  #found: Promise<Known> | undefined;

  constructor({ admin, realm }: CompanyServer, person: Inhabitant) {
    this.#admin = admin;
    this.#realm = `/realms/${realm}`;
    this.#person = person;
  }

  get isEnabled(): boolean {
    return this.#person.facts.enabled;
  }

  /** Takes whatever opens a gate to them, in the way in which they have it. */
  async loseRoles(): Promise<void> {
    const { assigned } = await this.#known();
    await this.#admin.delete(assigned, await this.#ownRoles());
  }

  async regainRoles(): Promise<void> {
    const { assigned } = await this.#known();
    if (this.#person.row === "by group") await this.#admin.put(assigned);
    else await this.#admin.post(assigned, await this.#ownRoles());
  }

  /** Enabled and with every role for as long as `meanwhile` takes. */
  async whileWelcome<T>(meanwhile: () => Promise<T>): Promise<T> {
    const { user, roles: known } = await this.#known();
    const lent = Object.values(roles).filter((role) => !rolesOf(this.#person).includes(role));
    const mapping = `${user}/role-mappings/realm`;
    const representations = lent.map((role) => known.get(role));
    await this.#admin.post(mapping, representations);
    if (!this.#person.facts.enabled) await this.#change({ enabled: true });
    try {
      return await meanwhile();
    } finally {
      if (!this.#person.facts.enabled) await this.#change({ enabled: false });
      await this.#admin.delete(mapping, representations);
    }
  }

  /** Makes this person of the partner known to the identity provider, or unknown again. */
  async link(identityProvider: string, isLinked: boolean): Promise<void> {
    const path = `${(await this.#known()).user}/federated-identity`;
    const links = await this.#admin.get<{ identityProvider: string }[]>(path);
    if (links.some((one) => one.identityProvider === identityProvider) === isLinked) return;
    if (!isLinked) return await this.#admin.delete(`${path}/${identityProvider}`);
    const { username } = this.#person;
    const [partner] = await this.#admin.get<{ id: string }[]>("/realms/partner/users", { username, exact: true });
    await this.#admin.post(`${path}/${identityProvider}`, {
      identityProvider,
      userId: partner?.id,
      userName: username,
    });
  }

  /** Leaves the second factor they came with, after a reset has given them another. */
  async forgetLaterFactors(): Promise<void> {
    if (!this.#person.otp) return;
    const path = `${(await this.#known()).user}/credentials`;
    const factors = (await this.#admin.get<{ id: string; type: string }[]>(path)).filter(({ type }) => type === "otp");
    for (const { id } of factors.slice(1)) await this.#admin.delete(`${path}/${id}`);
  }

  async #ownRoles(): Promise<unknown> {
    const { roles: known } = await this.#known();
    return this.#person.row === "by group" ? undefined : rolesOf(this.#person).map((role) => known.get(role));
  }

  async #change(change: object): Promise<void> {
    const { user } = await this.#known();
    await this.#admin.put(user, { ...(await this.#admin.get<object>(user)), ...change });
  }

  /** Looked up once. */
  #known(): Promise<Known> {
    this.#found ??= this.#lookUp();
    return this.#found;
  }

  async #lookUp(): Promise<Known> {
    const { username, row } = this.#person;
    const [one] = await this.#admin.get<{ id: string }[]>(`${this.#realm}/users`, { username, exact: true });
    const user = `${this.#realm}/users/${one?.id}`;
    const found = await this.#admin.get<{ name: string }[]>(`${this.#realm}/roles`);
    const known = new Map(found.map((role) => [role.name, role]));
    if (row !== "by group") return { user, assigned: `${user}/role-mappings/realm`, roles: known };
    const { id } = await this.#admin.get<{ id: string }>(`${this.#realm}/group-by-path${group}`);
    return { user, assigned: `${user}/groups/${id}`, roles: known };
  }
}
