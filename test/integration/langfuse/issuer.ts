import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Who is at the keyboard; every login of the issuer is this person's. */
export interface Person {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

export interface Issuer {
  readonly url: string;
  /** The next logins are this person's. */
  become(person: Person): void;
  /** How often a code was traded for tokens, with or without success. */
  tokenRequests(): number;
  stop(): Promise<void>;
}

interface Grant {
  readonly person: Person;
  readonly parameters: URLSearchParams;
}

/** A small OpenID Connect provider with Keycloak's URL layout. It checks the client, the redirect URI and PKCE. */
export async function startIssuer(client: { id: string; secret: string }): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const grants = new Map<string, Grant>();
  let person: Person = { sub: "nobody" };
  let tokenRequests = 0;
  let url = "";

  const authorize = (parameters: URLSearchParams, response: ServerResponse) => {
    const target = new URL(parameters.get("redirect_uri") ?? "");
    target.searchParams.set("state", parameters.get("state") ?? "");
    target.searchParams.set("iss", url);
    if (parameters.get("prompt") === "none") {
      target.searchParams.set("error", "login_required");
    } else {
      const code = randomUUID();
      grants.set(code, { person, parameters });
      target.searchParams.set("session_state", randomUUID());
      target.searchParams.set("code", code);
    }
    response.writeHead(302, { location: target.href }).end();
  };

  const trade = async (request: IncomingMessage, response: ServerResponse) => {
    tokenRequests++;
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString("utf8"));
    const grant = grants.get(form.get("code") ?? "");
    grants.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const valid =
      request.headers.authorization === `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` &&
      grant?.parameters.get("client_id") === client.id &&
      grant.parameters.get("code_challenge") === challenge &&
      grant.parameters.get("redirect_uri") === form.get("redirect_uri");
    if (!valid) return answer(response, 400, { error: "invalid_grant" });
    const now = Math.floor(Date.now() / 1000);
    const claims = { ...grant.person, iss: url, aud: client.id, iat: now, exp: now + 60 };
    const content = [{ alg: "RS256", kid: "key" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("sha256", Buffer.from(content), privateKey).toString("base64url");
    answer(response, 200, {
      access_token: randomUUID(),
      token_type: "Bearer",
      id_token: `${content}.${signature}`,
      refresh_expires_in: 0,
      "not-before-policy": 0,
    });
  };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const endpoint = pathname.slice(new URL(url).pathname.length);
    if (endpoint === "/.well-known/openid-configuration") {
      return answer(response, 200, {
        issuer: url,
        authorization_endpoint: `${url}/protocol/openid-connect/auth`,
        token_endpoint: `${url}/protocol/openid-connect/token`,
        jwks_uri: `${url}/protocol/openid-connect/certs`,
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      });
    }
    if (endpoint === "/protocol/openid-connect/certs") {
      const key = { ...publicKey.export({ format: "jwk" }), kid: "key", use: "sig", alg: "RS256" };
      return answer(response, 200, { keys: [key] });
    }
    if (endpoint === "/protocol/openid-connect/auth") return authorize(searchParams, response);
    if (endpoint === "/protocol/openid-connect/token") return await trade(request, response);
    answer(response, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/realms/test`;
  return {
    url,
    become: (next) => {
      person = next;
    },
    tokenRequests: () => tokenRequests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
