import fc from "fast-check";
import {
  type ServerContext,
  serverContradictions,
  serverWarnings,
} from "#components/langfuse/server-contradictions.ts";
import { serverSettingsSchema } from "#components/langfuse/server-settings.ts";

/** What is unusual about the settings of a server and of the stack around it. */
export interface Case {
  readonly server?: object;
  readonly gate?: boolean;
  readonly members?: number;
  readonly isManaged?: boolean;
  readonly adopt?: "never" | "if-exists";
  readonly secrets?: readonly string[];
}

export function contextOf({
  gate = true,
  members = 1,
  isManaged = true,
  adopt = "never",
  secrets = [],
}: Case): ServerContext {
  return {
    gate: { enabled: gate, others: [{ client: "second" }] },
    keycloak: { url: "https://keycloak.example.com", realm: "company", langfuseClient: "langfuse" },
    organization: { name: "Company" },
    adopt,
    isManaged,
    members,
    provision: false,
    secrets: new Set(secrets),
  };
}

export const problemsOf = (one: Case) =>
  serverContradictions(serverSettingsSchema.parse(one.server ?? {}), contextOf(one));
export const warningsOf = (one: Case) => serverWarnings(serverSettingsSchema.parse(one.server ?? {}), contextOf(one));

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const role = fc.constantFrom("OWNER", "ADMIN", "MEMBER", "VIEWER");
const anySettings = fc
  .record(
    {
      provider: fc.constantFrom("keycloak", "custom", "none"),
      issuer: fc.constantFrom("https://keycloak.example.com/realms/company", "https://sso.example.com"),
      clientId: fc.constantFrom("langfuse", "third"),
      accountLinking: fc.boolean(),
      passwordLogin: fc.boolean(),
      signUp: fc.boolean(),
      enforcedDomains: fc.constantFrom([], ["example.com"], ["a.example.com", "b.example.com"]),
    },
    { requiredKeys: [] },
  )
  .chain((signIn) =>
    fc.record({ signIn: fc.constant(signIn), access: maybe(fc.record({ role, project: maybe(fc.record({ role })) })) }),
  );
/** Right and wrong ones. */
export const anyCase = fc
  .record({
    settings: anySettings,
    gate: fc.boolean(),
    members: fc.nat(2),
    secrets: fc.subarray(["langfuseClientSecret", "langfuseInitUserPassword"]),
  })
  .map(
    ({ settings: { signIn, access }, ...rest }): Case => ({
      ...rest,
      server: JSON.parse(JSON.stringify({ signIn, defaultAccess: access })),
    }),
  );
