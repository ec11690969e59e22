/** Ways in which a person comes to a client. */
export const PATHS = [
  "password",
  "session",
  "silent",
  "reauthentication",
  "broker",
  "reset-credentials",
  "direct-grant",
  "device",
  "refresh",
] as const;

/**
 * - `password`: the login form, without a session; with the second factor where the person has one
 * - `session`: the SSO session of another client
 * - `silent`: the same with `prompt=none`
 * - `reauthentication`: the same with `max_age=0`, and the password again
 * - `broker`: through an identity provider, the first time or later
 * - `reset-credentials`: the link of "Forgot password", a new password, and on
 * - `direct-grant`: name and password at the token endpoint
 * - `device`: the code that a device shows, entered in a browser without a session
 * - `refresh`: a refresh token of an earlier login
 */
export type Path = (typeof PATHS)[number];

export interface Person {
  readonly enabled: boolean;
  /** Effective realm roles: direct, by group and by composite. */
  readonly roles: readonly string[];
  /** Whether a one-time password is set up. */
  readonly otp: boolean;
}

export interface Login {
  readonly client: string;
  readonly person: Person;
  readonly path: Path;
  /** Of the path `broker`. */
  readonly identityProvider?: string | undefined;
}

export interface Verdict {
  readonly outcome: "allowed" | "denied" | "unknown";
  /** The execution or setting that decided, for example `deny-access-authenticator in langfuse-gate-browser`. */
  readonly by: string;
}
