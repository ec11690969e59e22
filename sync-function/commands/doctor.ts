import { exitCodeOf, type Finding, findingsText } from "../doctor/finding.ts";
import { examineGate } from "../doctor/gate.ts";
import { examineKeycloak } from "../doctor/keycloak.ts";
import { examineKeys, examineOrganization, examineServer } from "../doctor/langfuse.ts";
import { createProbe } from "../doctor/probe.ts";
import { ruleFindings } from "../doctor/rules.ts";
import { sampleFinding } from "../doctor/sample.ts";
import { examineSignIn } from "../doctor/sign-in.ts";
import { createTokenSource } from "../keycloak/token.ts";
import { interestOf } from "../roles/rule.ts";
import { type Command, createContext } from "./context.ts";

export const doctorCommand: Command = async (surroundings, options) => {
  const context = await createContext(surroundings, options);
  const { configuration, keycloak, stop } = context;
  const chosen = new Set(context.organizations.map(({ rules }) => rules.organization));
  const organizations = configuration.organizations.filter(({ rules }) => chosen.has(rules.organization));
  const { clientRoles, url, realm } = configuration.keycloak;
  const now = () => new Date();
  const probe = createProbe(stop);
  const interest = interestOf(organizations.map(({ rules }) => rules));
  const tokens = createTokenSource({ ...configuration.keycloak, signal: stop });
  const findings: Finding[] = [...ruleFindings(organizations)];
  const examination = {
    url,
    realm,
    clientRoles,
    interest,
    rulesSource: configuration.values.SYNC_CONFIG === undefined ? "ROLE_MAPPING" : "the rules of SYNC_CONFIG",
  };
  findings.push(...(await examineKeycloak(examination, () => tokens.current(), keycloak, probe, now)));
  const { AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: linking, AUTH_DISABLE_SIGNUP: closed } = configuration.values;
  const declared = {
    accountLinking: linking === undefined ? undefined : linking === "true",
    signUp: closed === undefined ? undefined : closed !== "true",
  };
  const provisions = new Map<string, boolean>();
  for (const { langfuse, rules } of organizations) {
    provisions.set(langfuse.url, rules.provision || (provisions.get(langfuse.url) ?? false));
  }
  for (const [langfuseUrl, provision] of provisions) {
    findings.push(...(await examineServer(langfuseUrl, probe, now)));
    findings.push(...(await examineSignIn({ langfuseUrl, realm, provision, declared }, probe)));
  }
  for (const { name, langfuse, rules } of organizations) {
    const projectKeys = new Set(rules.rules.flatMap(({ projects }) => [...projects.keys()]));
    findings.push(...(await examineOrganization({ organization: name, ...langfuse, projectKeys }, probe)));
  }
  findings.push(
    ...(await examineKeys(
      organizations.map(({ name, langfuse }) => ({ organization: name, ...langfuse })),
      probe,
    )),
  );
  findings.push(...(await examineGate(surroundings.environment, stop)));
  // A comparison needs both sides to work.
  if (exitCodeOf(findings) === 0 && !clientRoles) {
    findings.push(await sampleFinding(keycloak, context.organizations, interest, now));
  }
  const exitCode = exitCodeOf(findings);
  surroundings.print(options.json ? JSON.stringify({ command: "doctor", exitCode, findings }) : findingsText(findings));
  return exitCode;
};
