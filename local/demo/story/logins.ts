import { type Bed, langfuseClientSecret } from "../../bed/bed.ts";
import { authorise } from "../../browser/authorise.ts";
import { Browser } from "../../browser/browser.ts";
import { signIn } from "../../browser/sign-in.ts";
import { exchangeCode } from "../../browser/tokens.ts";
import { langfuseClientId, people, wiki } from "../../keycloak/company.ts";
import { type Checks, expectEqual, expectThat } from "../checks.ts";
import type { StackOutputs } from "./declaration.ts";

/** Signs people in for real: with a role, without one, and without one by an existing session of another application. */
export async function logIn(bed: Bed, outputs: StackOutputs, checks: Checks): Promise<void> {
  checks.section("logins");
  const outsider = new Browser();
  if (bed.signIn.works) {
    await checks.check("with a role: Langfuse opens a session in the organization", async () => {
      const outcome = await signIn(new Browser(), bed.langfuse.url, people.direct);
      if (outcome.kind !== "signed-in") throw new Error(JSON.stringify(outcome));
      const organization = outcome.session.user.organizations.find(({ id }) => id === outputs.organizationId);
      expectEqual(organization?.role, "ADMIN", "role in the session");
    });
    await checks.check("without a role: Keycloak refuses, and there is no session", async () => {
      const outcome = await signIn(outsider, bed.langfuse.url, people.nobody);
      expectThat(outcome.kind === "refused" && outcome.by === "keycloak", JSON.stringify(outcome));
    });
  } else {
    checks.show(`(sessions of Langfuse are not looked at, only Keycloak's answers: ${bed.signIn.reason})`);
    const request = langfuseRequest(bed);
    await checks.check("with a role: Keycloak lets the person through to Langfuse", async () => {
      const outcome = await authorise(new Browser(), request, people.direct);
      if (outcome.kind !== "code") throw new Error(JSON.stringify(outcome));
      expectEqual((await exchangeCode(outcome, langfuseClientSecret)).kind, "tokens", "token answer");
    });
    await checks.check("without a role: Keycloak refuses", async () => {
      expectEqual((await authorise(outsider, request, people.nobody)).kind, "refused", "outcome");
    });
  }
  await checks.check("without a role: the same person enters another application", async () => {
    const outcome = await authorise(outsider, wikiRequest(bed), people.nobody);
    expectEqual(outcome.kind, "code", "outcome");
  });
  await checks.check("without a role: a session of the other application does not open Langfuse", async () => {
    const outcome = await authorise(outsider, langfuseRequest(bed));
    expectEqual(outcome.kind, "refused", "outcome");
  });
}

function langfuseRequest(bed: Bed): { issuer: string; clientId: string; redirectUri: string } {
  return {
    issuer: bed.issuer,
    clientId: langfuseClientId,
    redirectUri: `${bed.langfuse.url}/api/auth/callback/keycloak`,
  };
}

function wikiRequest(bed: Bed): { issuer: string; clientId: string; redirectUri: string } {
  return { issuer: bed.issuer, clientId: wiki.clientId, redirectUri: wiki.redirectUri };
}
