import type { Account, User } from "./model.ts";

/** Users by id and address, and the identity provider accounts that lead to them. */
export class Users {
  readonly #byId = new Map<string, User>();
  readonly #byEmail = new Map<string, User>();
  readonly #accounts = new Map<string, Account>();
  readonly #changed: () => void;

  constructor(changed: () => void, users: readonly User[], accounts: readonly Account[]) {
    this.#changed = changed;
    for (const user of users) this.#index(user);
    for (const account of accounts) this.#accounts.set(accountKey(account), account);
  }

  find(id: string): User | undefined {
    return this.#byId.get(id);
  }

  /** `email` in lower case. */
  findByEmail(email: string): User | undefined {
    return this.#byEmail.get(email);
  }

  findByAccount(provider: string, subject: string): User | undefined {
    const account = this.#accounts.get(accountKey({ provider, subject }));
    return account && this.#byId.get(account.userId);
  }

  add(user: User): void {
    this.#index(user);
    this.#changed();
  }

  link(account: Account): void {
    this.#accounts.set(accountKey(account), account);
    this.#changed();
  }

  all(): User[] {
    return [...this.#byId.values()];
  }

  allAccounts(): Account[] {
    return [...this.#accounts.values()];
  }

  #index(user: User): void {
    this.#byId.set(user.id, user);
    this.#byEmail.set(user.email, user);
  }
}

function accountKey(account: Pick<Account, "provider" | "subject">): string {
  return `${account.provider}\n${account.subject}`;
}
