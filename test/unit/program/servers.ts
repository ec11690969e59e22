import { createServer, type IncomingMessage } from "node:http";

export interface FakeServers extends AsyncDisposable {
  /** Stands for Keycloak and for Langfuse alike: their paths do not meet. */
  readonly url: string;
  /** `METHOD path` of everything that was asked for. */
  readonly calls: string[];
}

const authenticators = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"];

/** What the program asks before it declares anything. */
const answers: Readonly<Record<string, unknown>> = {
  "GET /api/admin/organizations": { organizations: [] },
  "POST /realms/company/protocol/openid-connect/token": { access_token: "token", expires_in: 60 },
  "GET /admin/realms/company/authentication/authenticator-providers": authenticators.map((id) => ({ id })),
  "GET /admin/realms/company": {
    browserFlow: "browser",
    registrationFlow: "registration",
    directGrantFlow: "direct grant",
    resetCredentialsFlow: "reset credentials",
    registrationAllowed: true,
  },
  "GET /admin/serverinfo": { systemInfo: { version: "26.7.5" } },
  "GET /admin/realms/company/default-default-client-scopes": [],
  "GET /admin/realms/company/default-optional-client-scopes": [],
  "GET /admin/realms/company/client-policies/profiles": { profiles: [] },
  "GET /admin/realms/company/authentication/config-description/reset-credential-email": { properties: [] },
  "GET /admin/realms/company/clients": [{ id: "client-1", clientId: "langfuse", protocol: "openid-connect" }],
  "GET /admin/realms/company/identity-provider/instances": [],
  "GET /admin/realms/company/roles": [{ id: "role-1", name: "employee" }],
  "GET /admin/realms/company/client-scopes": [{ name: "profile" }],
  "GET /admin/realms/company/authentication/flows": [{ id: "flow-1", alias: "browser", builtIn: true }],
  "GET /admin/realms/company/authentication/flows/browser/executions": [
    { level: 0, requirement: "ALTERNATIVE", providerId: "auth-cookie" },
    { level: 0, requirement: "ALTERNATIVE", providerId: "auth-username-password-form" },
  ],
};

/** Listens on a free port of this machine; `status` replaces single answers by a refusal. */
export async function startServers(refusals: Readonly<Record<string, number>> = {}): Promise<FakeServers> {
  const calls: string[] = [];
  const callOf = ({ method, url = "" }: IncomingMessage) => `${method} ${url.split("?")[0]}`;
  const server = createServer((request, response) => {
    const call = callOf(request);
    calls.push(call);
    const status = refusals[call] ?? (call in answers ? 200 : 404);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? answers[call] : { error: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
