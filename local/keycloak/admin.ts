import { AccessError, messageOf } from "#sync/errors.ts";

/** How long before its end an access token is no longer used, in milliseconds. */
const MARGIN = 10_000;
const TOKEN_PATH = "/realms/master/protocol/openid-connect/token";

export interface AdminOptions {
  /** Address of the server, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Administrator of the master realm. */
  readonly username: string;
  readonly password: string;
  /**
   * Milliseconds that a request may take; 300,000 by default, because importing a realm of thousands
   * takes a quarter of a minute, and several times as long on a machine that is busy.
   */
  readonly timeout?: number;
}

type Query = Readonly<Record<string, string | number | boolean>>;

/**
 * Admin API of a local Keycloak, for tests, demo and benchmarks. Paths start behind `/admin`, for example
 * `/realms/company/users`. Answers are typed by the caller's word alone.
 *
 * @throws AccessError `unauthorised` for 401 and 403, otherwise `unreachable`; the message has method, path, status and
 * what the server said.
 */
export class KeycloakAdmin {
  readonly url: string;
  readonly #credentials: { username: string; password: string };
  readonly #timeout: number;
  #token: Promise<{ text: string; end: number }> | undefined;

  constructor(options: AdminOptions) {
    this.url = options.url;
    this.#credentials = { username: options.username, password: options.password };
    this.#timeout = options.timeout ?? 300_000;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    const search = new URLSearchParams(
      Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
    );
    return (await (await this.#send("GET", search.size > 0 ? `${path}?${search}` : path)).json()) as T;
  }

  /** Sends `body` as JSON, or as the form that it is, and returns the answer's JSON, or undefined when it has none. */
  async post<T = unknown>(path: string, body?: unknown): Promise<T | undefined> {
    const text = await (await this.#send("POST", path, body)).text();
    return text === "" ? undefined : (JSON.parse(text) as T);
  }

  /** As `post`, for what gets an id of its own: returns the id that the `Location` header ends with. */
  async create(path: string, body: unknown): Promise<string> {
    const location = (await this.#send("POST", path, body)).headers.get("location");
    const id = location?.split("/").at(-1);
    if (id) return id;
    throw new AccessError("unreachable", `Keycloak answered POST /admin${path} without telling the new id`);
  }

  async put(path: string, body?: unknown): Promise<void> {
    await this.#send("PUT", path, body);
  }

  async delete(path: string, body?: unknown): Promise<void> {
    await this.#send("DELETE", path, body);
  }

  /** Takes a new token. Before 26.7 rights are frozen in it: a realm created since is closed to the old one. */
  async renew(): Promise<void> {
    this.#token = undefined;
    await this.accessToken();
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await this.#attempt(method, path, body);
    if (answer.status !== 401) return await this.#checked(answer, method, `/admin${path}`);
    await answer.body?.cancel();
    await this.renew();
    return await this.#checked(await this.#attempt(method, path, body), method, `/admin${path}`);
  }

  async #attempt(method: string, path: string, body: unknown): Promise<Response> {
    const isJson = body !== undefined && !(body instanceof URLSearchParams);
    const headers = {
      authorization: `Bearer ${await this.accessToken()}`,
      ...(isJson ? { "content-type": "application/json" } : {}),
    };
    return await this.#fetch(`/admin${path}`, {
      method,
      headers,
      body: isJson ? JSON.stringify(body) : ((body ?? null) as URLSearchParams | null),
    });
  }

  /** A token that is good for a while yet, for what a plugin offers beside the Admin API. */
  async accessToken(): Promise<string> {
    const known = await this.#token;
    if (known && Date.now() < known.end) return known.text;
    this.#token = this.#login();
    this.#token.catch(() => {
      this.#token = undefined;
    });
    return (await this.#token).text;
  }

  async #login(): Promise<{ text: string; end: number }> {
    const form = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", ...this.#credentials });
    const answer = await this.#checked(
      await this.#fetch(TOKEN_PATH, { method: "POST", body: form }),
      "POST",
      TOKEN_PATH,
    );
    const grant = (await answer.json()) as { access_token: string; expires_in: number };
    return { text: grant.access_token, end: Date.now() + grant.expires_in * 1000 - MARGIN };
  }

  async #fetch(path: string, request: RequestInit & { method: string }): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, { ...request, signal: AbortSignal.timeout(this.#timeout) });
    } catch (error) {
      const cause = error instanceof Error && error.cause ? `${messageOf(error)}: ${messageOf(error.cause)}` : error;
      const message = `Keycloak at ${this.url} did not answer ${request.method} ${path}: ${messageOf(cause)}`;
      throw new AccessError("unreachable", message, { cause: error });
    }
  }

  async #checked(answer: Response, method: string, path: string): Promise<Response> {
    if (answer.ok) return answer;
    const said = explanation(await answer.text());
    const message = `Keycloak answered ${method} ${path} with ${answer.status}${said && `: ${said}`}`;
    // A wrong password is 400 or 401, depending on the version.
    const refused = [401, 403].includes(answer.status) || (path === TOKEN_PATH && answer.status === 400);
    throw new AccessError(refused ? "unauthorised" : "unreachable", message, { status: answer.status });
  }
}

/** The sentence in an error answer; Keycloak uses several field names for it. */
function explanation(text: string): string {
  try {
    const { errorMessage, error_description, error } = JSON.parse(text) as Record<string, unknown>;
    return String(errorMessage ?? error_description ?? error ?? text);
  } catch {
    return text.slice(0, 200);
  }
}
