import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { FORCE_LOGIN } from "#sync/gate/realm-model.ts";
import { readForceLoginDefault } from "#sync/gate/realm-reading.ts";
import { pathSegment } from "#sync/http/path.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";

/** Known again whatever the gate is called now: a configuration of others is never replaced. */
const ALIAS = "langfuse-gate-force-login";

const realmAnswer = z.object({ resetCredentialsFlow: z.string() });
const executionsAnswer = z.array(
  z.object({ id: z.string(), providerId: z.string().optional(), authenticationConfig: z.string().optional() }),
);
const configAnswer = z.object({ alias: z.string(), config: z.record(z.string(), z.string()).default({}) });

/** A configuration that makes people log in after the reset of a password. */
export interface ForcedLogin {
  /** Id of the step it is for. */
  readonly executionId: string;
  readonly alias: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * What has to be declared so that the reset of a password ends in a login; undefined where the realm's owners have seen
 * to it. A configuration of theirs is never replaced: the server would drop it without a word.
 */
export async function readForcedLogin(api: KeycloakAdminApi, realm: string): Promise<ForcedLogin | undefined> {
  const base = `/${pathSegment(realm)}`;
  const { resetCredentialsFlow } = await api.send({ method: "GET", path: base }, realmAnswer);
  const path = `${base}/authentication`;
  const executions = `${path}/flows/${pathSegment(resetCredentialsFlow)}/executions`;
  const rows = await api.send({ method: "GET", path: executions }, executionsAnswer);
  const step = rows.find(({ providerId }) => providerId === "reset-credential-email");
  if (!step) {
    throw new AccessError(
      "refused",
      `gate.forceLoginAfterReset is true, but the flow "${resetCredentialsFlow}" of realm "${realm}" has no step reset-credential-email: set it to false, and "Forgot password" of the realm too.`,
    );
  }
  if ((await readForceLoginDefault(api, realm)) === undefined) {
    throw new AccessError(
      "refused",
      `gate.forceLoginAfterReset is true, but this Keycloak cannot force a login after a reset: use 26.1.1 or newer, or set it to false, and "Forgot password" of the realm too.`,
    );
  }
  const ours = { executionId: step.id, alias: ALIAS, values: { [FORCE_LOGIN]: "true" } };
  if (step.authenticationConfig === undefined) return ours;
  const config = `${path}/config/${pathSegment(step.authenticationConfig)}`;
  const found = await api.send({ method: "GET", path: config }, configAnswer);
  if (found.alias === ours.alias) return ours;
  if (found.config[FORCE_LOGIN] === "true") return undefined;
  throw new AccessError(
    "refused",
    `gate.forceLoginAfterReset is true, but the step reset-credential-email of the flow "${resetCredentialsFlow}" has the configuration "${found.alias}" of others: set ${FORCE_LOGIN} to "true" in it.`,
  );
}
