import { type Element, type Execution, type Flow, isCondition, isEnabled } from "./flow-tree.ts";
import type { Path, Person } from "./login.ts";

export interface Situation {
  readonly person: Person;
  readonly path: Path;
  /** Default scopes of the client. */
  readonly scopes: readonly string[];
  /** Realm roles that exist: a condition on another never matches. */
  readonly isRole: (name: string) => boolean;
}

/** What a flow, or a part of it, came to. */
export interface Result {
  readonly kind: "success" | "attempted" | "denied" | "unknown";
  /** The execution that decided. */
  readonly by: string;
}

/** Conditions say nothing about a person before somebody has signed in. */
interface Progress {
  isKnown: boolean;
}

/**
 * Runs a flow as the server's DefaultAuthenticationFlow does: alternatives count only where nothing is REQUIRED or
 * CONDITIONAL beside them, a CONDITIONAL sub-flow counts only when it has conditions and all of them match, and a flow
 * in which nothing is left to succeed fails.
 */
export function evaluateFlow(flow: Flow, situation: Situation, isKnown: boolean): Result {
  const result = evaluate(flow.alias, flow.children, situation, { isKnown });
  return result.kind === "attempted" ? { kind: "denied", by: `${result.by}: nothing succeeded` } : result;
}

function evaluate(parent: string, children: readonly Element[], situation: Situation, progress: Progress): Result {
  const steps = children.filter((one) => isEnabled(one) && (one.kind === "subflow" || !isCondition(one)));
  const must = steps.filter(({ requirement }) => requirement !== "ALTERNATIVE");
  let last: Result | undefined;
  for (const step of must) {
    if (step.kind === "subflow" && step.requirement === "CONDITIONAL") {
      const matches = conditionsMatch(step.children, situation, progress);
      if (matches === "unknown") return { kind: "unknown", by: `a condition of ${step.alias}` };
      if (!matches) continue;
    }
    last = take(parent, step, situation, progress);
    if (last.kind !== "success") return last;
  }
  if (last) return last;
  if (must.length > 0) return { kind: "attempted", by: parent };
  for (const step of steps) {
    const result = take(parent, step, situation, progress);
    if (result.kind !== "attempted") return result;
  }
  return { kind: "attempted", by: parent };
}

function take(parent: string, step: Element, situation: Situation, progress: Progress): Result {
  if (step.kind === "subflow") return evaluate(step.alias, step.children, situation, progress);
  const kind = outcomeOf(step, situation);
  if (kind === "success") progress.isKnown = true;
  return { kind, by: `${step.authenticator} in ${parent}` };
}

function conditionsMatch(children: readonly Element[], situation: Situation, progress: Progress): boolean | "unknown" {
  const conditions = children.filter((one) => one.kind === "execution" && isEnabled(one) && isCondition(one));
  if (conditions.length === 0) return false;
  const answers = conditions.map((one) => one.kind === "execution" && conditionMatches(one, situation, progress));
  if (answers.includes(false)) return false;
  return answers.includes("unknown") ? "unknown" : true;
}

function conditionMatches(condition: Execution, situation: Situation, progress: Progress): boolean | "unknown" {
  const values = condition.config?.values ?? {};
  const isNegated = values.negate === "true";
  switch (condition.authenticator) {
    case "conditional-client-scope": {
      const { client_scope: scope = "" } = values;
      return scope !== "" && isNegated !== situation.scopes.includes(scope);
    }
    case "conditional-user-role": {
      const { condUserRole: role = "" } = values;
      return progress.isKnown && situation.isRole(role) && isNegated !== situation.person.roles.includes(role);
    }
    case "conditional-user-configured":
      return progress.isKnown && situation.person.otp;
    // Matches unless a passkey was used, which no path here does.
    case "conditional-credential":
      return values.included !== "true";
    default:
      return "unknown";
  }
}

/** Steps that the person takes when the path leads there; a disabled person is stopped at the first of them. */
const taken = new Set([
  "auth-username-form",
  "auth-username-password-form",
  "auth-password-form",
  "direct-grant-validate-username",
  "direct-grant-validate-password",
  "reset-credentials-choose-user",
  "reset-credential-email",
  "reset-password",
]);
/** Steps that need what nobody on these paths has. */
const passedBy = new Set(["auth-spnego", "identity-provider-redirector", "organization"]);
/** Factors that a person who lacks them sets up on the way, where they are REQUIRED. */
const setUp = new Set([
  "auth-otp-form",
  "webauthn-authenticator",
  "webauthn-authenticator-passwordless",
  "auth-recovery-authn-code-form",
  "reset-otp",
]);

function outcomeOf({ authenticator, requirement }: Execution, { person, path }: Situation): Result["kind"] {
  if (authenticator === "deny-access-authenticator") return "denied";
  if (authenticator === "allow-access-authenticator") return "success";
  if (authenticator === "auth-cookie") {
    return person.enabled && (path === "session" || path === "silent") ? "success" : "attempted";
  }
  if (passedBy.has(authenticator)) return "attempted";
  // A form under prompt=none ends the login, as does one that the person of a session does not expect.
  if (taken.has(authenticator)) return person.enabled && path !== "silent" && path !== "session" ? "success" : "denied";
  // Whoever has a second factor can send its code along.
  if (authenticator === "direct-grant-validate-otp") return person.otp ? "success" : "denied";
  if (setUp.has(authenticator)) {
    const has = person.otp && ["auth-otp-form", "reset-otp"].includes(authenticator);
    if (!has && requirement !== "REQUIRED") return "attempted";
    return path === "silent" ? "denied" : "success";
  }
  return "unknown";
}
