import { isMightier, type Role } from "#sync/langfuse/role.ts";
import type { ServerSettings } from "./server-settings.ts";
import { realmOf, type SignIn, type SignInContext, signInOf } from "./sign-in.ts";

/** What of the stack the settings of the server have to agree with. */
export interface ServerContext extends SignInContext {
  readonly organization: { readonly name?: string | undefined };
  readonly adopt: "never" | "if-exists";
  /** Whether organization and members are declared by this stack. */
  readonly isManaged: boolean;
  /** Number of declared members, who are provisioned before their first login. */
  readonly members: number;
  /** Whether the sync provisions people. */
  readonly provision: boolean;
  /** Names of the secrets that the stack has. */
  readonly secrets: ReadonlySet<string>;
}

/** What cannot work or lets people in unseen; each with the key, below `langfuse.server`, the reason and what to do. */
export function serverContradictions(server: ServerSettings, context: ServerContext): string[] {
  const signIn = signInOf(server, context);
  return [
    ...(signIn.provider === "none"
      ? withoutProvider(server, context)
      : withProvider(server, { ...signIn, provider: signIn.provider }, context)),
    ...closedDoors(signIn, context),
    ...excessiveDefaults(server, context),
    ...misplacedDefaults(server, context),
    ...incompleteInit(server, context),
  ];
}

/** What works and still deserves a look, in the same form. */
export function serverWarnings(server: ServerSettings, context: ServerContext): string[] {
  const signIn = signInOf(server, context);
  const warnings: string[] = [];
  if (context.gate.enabled && signIn.passwordLogin) {
    warnings.push(
      "signIn.passwordLogin is on beside a gate: whoever has a password in Langfuse gets in without Keycloak. Leave it out unless this is how you break the glass",
    );
  }
  if (signIn.provider !== "none" && !signIn.accountLinking && context.members > 0) {
    warnings.push(
      "signIn.accountLinking is off: declared members who never signed in are refused at their first login (OAuthAccountNotLinked). Leave it out unless they all have signed in",
    );
  }
  return warnings;
}

function withoutProvider({ signIn }: ServerSettings, { gate, secrets }: ServerContext): string[] {
  const problems: string[] = [];
  if (gate.enabled) {
    problems.push(
      "signIn.provider is none, but the gate guards logins by Keycloak, of which there would be none: use keycloak, or set gate.enabled to false",
    );
  }
  if (signIn.passwordLogin === false) {
    problems.push("signIn.passwordLogin is off and signIn.provider is none: nobody could sign in. Turn one of them on");
  }
  if (signIn.enforcedDomains.length > 0) {
    problems.push(
      "signIn.enforcedDomains asks for single sign-on, but signIn.provider is none: name a provider, or leave the domains out",
    );
  }
  for (const key of ["issuer", "clientId", "name", "scope", "accountLinking"] as const) {
    if (signIn[key] !== undefined) {
      problems.push(`signIn.${key} is of a provider, but signIn.provider is none: name a provider, or leave it out`);
    }
  }
  if (secrets.has("langfuseClientSecret")) {
    problems.push(
      "signIn.provider is none, but the secret langfuseClientSecret is set: name a provider, or remove the secret",
    );
  }
  return problems;
}

type Provided = Exclude<SignIn, { provider: "none" }>;

function withProvider({ signIn }: ServerSettings, effective: Provided, context: ServerContext): string[] {
  const { gate, keycloak, secrets } = context;
  const problems: string[] = [];
  if (signIn.provider === "custom") {
    for (const key of ["issuer", "clientId"] as const) {
      if (signIn[key] === undefined) problems.push(`signIn.${key} is missing: a custom provider has no default`);
    }
    if (!secrets.has("langfuseClientSecret")) {
      problems.push(
        "signIn.provider is custom, but its client secret is missing: run `pulumi config set --secret langfuseClientSecret`",
      );
    }
  } else {
    for (const key of ["name", "scope"] as const) {
      if (signIn[key] !== undefined) problems.push(`signIn.${key} is of a custom provider only: leave it out`);
    }
  }
  const isGuarded = realmOf(effective.issuer) === keycloak.realm;
  if (!gate.enabled && signIn.provider === "keycloak" && !isGuarded && !secrets.has("langfuseClientSecret")) {
    problems.push(
      `signIn.issuer is ${effective.issuer}, whose client secret cannot be read in the realm "${keycloak.realm}": run \`pulumi config set --secret langfuseClientSecret\``,
    );
  }
  if (gate.enabled && !isGuarded) {
    problems.push(
      `signIn.issuer is ${effective.issuer}, but the gate guards the realm "${keycloak.realm}": people would go round it. Use that realm, or set gate.enabled to false`,
    );
  }
  const gated = [keycloak.langfuseClient, ...gate.others.map(({ client }) => client)];
  if (gate.enabled && !gated.includes(effective.clientId)) {
    problems.push(
      `signIn.clientId is "${effective.clientId}", but the gate guards ${gated.map((one) => `"${one}"`).join(", ")}: people would go round it. Name it in keycloak.langfuseClient or gate.others`,
    );
  }
  return problems;
}

/** Sign-up is one way for new people, an account made beforehand that they may enter is the other. */
function closedDoors(signIn: SignIn, { members, provision }: ServerContext): string[] {
  if (signIn.signUp) return [];
  const reason = "signIn.signUp is off, and ";
  if (signIn.provider === "none" || !signIn.accountLinking) {
    return [
      `${reason}without account linking people who were provisioned are refused as well: nobody new could get in. Turn one of them on`,
    ];
  }
  if (members > 0 || provision) return [];
  return [
    `${reason}nobody is provisioned: nobody new could get in. Set sync.provision, declare langfuse.members, or leave signIn.signUp on`,
  ];
}

/** Without a gate everybody of the realm gets what new people get. */
function excessiveDefaults({ defaultAccess }: ServerSettings, { gate }: ServerContext): string[] {
  if (!defaultAccess || gate.enabled) return [];
  const roles: [string, Role | undefined][] = [
    ["defaultAccess.role", defaultAccess.role],
    ["defaultAccess.project.role", defaultAccess.project?.role],
  ];
  return roles
    .filter(([, role]) => role !== undefined && isMightier(role, "VIEWER"))
    .map(
      ([key, role]) =>
        `${key} is ${role}, and without a gate everybody who can sign in gets it: use VIEWER or NONE, or set gate.enabled to true`,
    );
}

function misplacedDefaults({ defaultAccess }: ServerSettings, { isManaged }: ServerContext): string[] {
  if (!defaultAccess) return [];
  const { organizationId, project } = defaultAccess;
  if (!isManaged && organizationId === undefined) {
    return [
      "defaultAccess.organizationId is missing: this stack declares no organization, so name the one that is meant",
    ];
  }
  if (project && project.id === undefined && organizationId !== undefined) {
    return [
      "defaultAccess.project.id is missing: the main project is in the declared organization, and not in the one that defaultAccess.organizationId names",
    ];
  }
  return [];
}

function incompleteInit({ init }: ServerSettings, context: ServerContext): string[] {
  const { secrets, organization, adopt, isManaged } = context;
  const problems: string[] = [];
  const halves: [string, boolean, string][] = [
    ["init.user", init?.user !== undefined, "langfuseInitUserPassword"],
    ["init.project.publicKey", init?.project?.publicKey !== undefined, "langfuseInitProjectSecretKey"],
  ];
  for (const [key, isSet, secret] of halves) {
    if (isSet && !secrets.has(secret)) {
      problems.push(`${key} needs its secret: run \`pulumi config set --secret ${secret}\``);
    }
    if (!isSet && secrets.has(secret)) {
      problems.push(`${key} is missing, but the secret ${secret} is set: set both, or remove the secret`);
    }
  }
  const name = init?.organization.name;
  if (isManaged && adopt === "never" && name !== undefined && name === organization.name) {
    problems.push(
      `init.organization makes "${name}", and langfuse.organization would make a second one of that name: set langfuse.adopt to if-exists, or leave one of them out`,
    );
  }
  return problems;
}
