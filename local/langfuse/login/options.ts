import type { Role } from "../state/model.ts";

/** How people log in. Named after the settings of the real server, which `environment.ts` reads. */
export interface LoginOptions {
  /** Realm URL; contacted at the first sign-in, never before. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whether somebody known by address only, for example through SCIM, may enter. Default false, as on the real server. */
  readonly allowAccountLinking: boolean;
  /** Whether addresses nobody knows are refused. Default false. */
  readonly disableSignUp: boolean;
  /** Organizations that everybody joins at the first login. Default none. */
  readonly defaultOrganizationIds: readonly string[];
  /** Default VIEWER. */
  readonly defaultOrganizationRole: Role;
  readonly defaultProjectIds: readonly string[];
  /** Default VIEWER. */
  readonly defaultProjectRole: Role;
}

export const DEFAULT_LOGIN: LoginOptions = {
  issuer: "http://127.0.0.1:8180/realms/company",
  clientId: "langfuse",
  clientSecret: "langfuse-local-secret",
  allowAccountLinking: false,
  disableSignUp: false,
  defaultOrganizationIds: [],
  defaultOrganizationRole: "VIEWER",
  defaultProjectIds: [],
  defaultProjectRole: "VIEWER",
};
