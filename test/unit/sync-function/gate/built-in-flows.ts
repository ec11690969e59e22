import type { FlatExecution } from "#sync/gate/replica.ts";

const step = (level: number, requirement: string, providerId: string): FlatExecution => ({
  level,
  requirement,
  providerId,
});

const subflow = (level: number, requirement: string, displayName: string): FlatExecution => ({
  level,
  requirement,
  displayName,
  authenticationFlow: true,
});

const start = [
  step(0, "ALTERNATIVE", "auth-cookie"),
  step(0, "DISABLED", "auth-spnego"),
  step(0, "ALTERNATIVE", "identity-provider-redirector"),
];

const organization = [
  subflow(0, "ALTERNATIVE", "Organization"),
  subflow(1, "CONDITIONAL", "Browser - Conditional Organization"),
  step(2, "REQUIRED", "conditional-user-configured"),
  step(2, "ALTERNATIVE", "organization"),
];

const password = [subflow(0, "ALTERNATIVE", "forms"), step(1, "REQUIRED", "auth-username-password-form")];

const conditionalOtp = [
  subflow(1, "CONDITIONAL", "Browser - Conditional OTP"),
  step(2, "REQUIRED", "conditional-user-configured"),
  step(2, "REQUIRED", "auth-otp-form"),
];

const conditionalSecondFactor = [
  subflow(1, "CONDITIONAL", "Browser - Conditional 2FA"),
  step(2, "REQUIRED", "conditional-user-configured"),
  {
    ...step(2, "REQUIRED", "conditional-credential"),
    config: { alias: "browser-conditional-credential", values: { credentials: "webauthn-passwordless" } },
  },
  step(2, "ALTERNATIVE", "auth-otp-form"),
  step(2, "DISABLED", "webauthn-authenticator"),
  step(2, "DISABLED", "auth-recovery-authn-code-form"),
];

/** The flow `browser` of a new realm, as `GET authentication/flows/browser/executions` lists it in three versions. */
export const builtInBrowserFlows = {
  "26.0.8": [...start, ...organization, ...password, ...conditionalOtp],
  "26.4.7": [...start, ...organization, ...password, ...conditionalSecondFactor],
  "26.7.5": [...start, ...organization, ...password, ...conditionalSecondFactor],
} as const satisfies Record<string, readonly FlatExecution[]>;

export const builtInVersions = Object.keys(builtInBrowserFlows) as (keyof typeof builtInBrowserFlows)[];

/** The realm `master` has no organizations. */
export const masterBrowserFlow: readonly FlatExecution[] = [...start, ...password, ...conditionalSecondFactor];
