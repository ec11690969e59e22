import { z } from "zod";
import type { User } from "../state/model.ts";

/** What the identity provider says about a person. */
export interface Profile {
  readonly subject: string;
  readonly email: string | null;
  readonly name: string | null;
}

export interface Candidates {
  readonly profile: Profile;
  /** User that this subject has logged in as before. */
  readonly accountUser: User | undefined;
  /** User with the address of the profile. */
  readonly emailUser: User | undefined;
  /** User whose session the browser already has. */
  readonly currentUser: User | undefined;
}

export type Admission =
  | { readonly kind: "enter"; readonly user: User }
  | { readonly kind: "link"; readonly user: User }
  | { readonly kind: "create"; readonly email: string; readonly name: string | null }
  /** `code` goes into `error=` of the error page. */
  | { readonly kind: "refuse"; readonly code: string };

/**
 * Decides who somebody is after a login. The subject decides when it is known; an unknown one becomes an account of the
 * present session's user, else of the user with the same address, if linking is allowed; else a new user.
 */
export function decideAdmission(
  { profile, accountUser, emailUser, currentUser }: Candidates,
  rules: { readonly allowAccountLinking: boolean; readonly disableSignUp: boolean },
): Admission {
  const email = (accountUser ?? profile).email?.toLowerCase();
  if (!email) return refuse("No email found in user object");
  if (!z.email().safeParse(email).success) return refuse("Invalid email found in user object");
  if (accountUser) {
    const other = currentUser !== undefined && currentUser.id !== accountUser.id;
    return other ? refuse("OAuthAccountNotLinked") : { kind: "enter", user: accountUser };
  }
  if (currentUser) return { kind: "link", user: currentUser };
  if (emailUser) {
    return rules.allowAccountLinking ? { kind: "link", user: emailUser } : refuse("OAuthAccountNotLinked");
  }
  return rules.disableSignUp ? refuse("OAuthCreateAccount") : { kind: "create", email, name: profile.name };
}

function refuse(code: string): Admission {
  return { kind: "refuse", code };
}
