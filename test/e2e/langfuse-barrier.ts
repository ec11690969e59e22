import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { SPARE_NOTE } from "#components/langfuse/spare-key.ts";
import { Upstream, type UpstreamAnswer } from "#local/fault-proxy/upstream.ts";
import { lineOf } from "./langfuse-steps.ts";

/** A request that says which organization it is about. */
export interface OrganizationRequest {
  /** Name that the organization was made with; empty for a list of all. */
  readonly organization: string;
  /** Method and path. */
  readonly call: string;
  /** The same, ids left out, and with a word behind it when it is about a pair that is made for one deletion. */
  readonly line: string;
  /** How many of the same line came before it. */
  readonly nth: number;
  /** Of the server's answer, once there is one. */
  readonly status?: number;
}

type Counted = OrganizationRequest & { status?: number };

/** `before` the server sees the request, `after` it has acted: it is held there; or the answer is lost. */
export type Treatment = "pass" | "before" | "after" | "lose";

/** A proxy before Langfuse that treats the requests of every organization in a way of their own. */
export class Barrier {
  readonly #upstream: Upstream;
  readonly #server = createServer((request, response) => this.#serve(request, response));
  /** Names by what tells an organization in a request: its id, and the public keys it was given. */
  readonly #names = new Map<string, string>();
  /** Ids of keys that were made for one deletion. */
  readonly #spares = new Set<string>();
  #treatment: (request: OrganizationRequest) => Treatment = () => "pass";
  #requests: Counted[] = [];
  #held: ServerResponse[] = [];
  #full: { readonly size: number; readonly resolve: () => void } | undefined;

  private constructor(target: string) {
    this.#upstream = new Upstream(target, 60_000);
  }

  static async start(target: string): Promise<Barrier> {
    const barrier = new Barrier(target);
    await new Promise<void>((resolve) => barrier.#server.listen(0, "127.0.0.1", resolve));
    return barrier;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : ""}`;
  }

  /** Those of the last operation, in the order of arrival. */
  get requests(): readonly OrganizationRequest[] {
    return this.#requests;
  }

  /**
   * Begins to count anew.
   *
   * @param size how many requests are to be held; the promise is kept when they all are
   */
  begin(treatment: (request: OrganizationRequest) => Treatment = () => "pass", size = 0): Promise<void> {
    this.#requests = [];
    this.#treatment = treatment;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#full = { size, resolve };
    return promise;
  }

  /** Cuts the connections of what is held, and holds nothing more. */
  release(): void {
    this.#treatment = () => "pass";
    for (const response of this.#held.splice(0)) response.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    this.#upstream.close();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { method = "", url: path = "/", rawHeaders } = request;
      const body = Buffer.concat(await request.toArray());
      const counted = this.#count(request, body);
      const treatment = counted ? this.#treatment(counted) : "pass";
      if (treatment === "before") return this.#hold(response);
      const answer = await this.#upstream.send({ method, path, rawHeaders, body });
      if (counted) counted.status = answer.status;
      this.#learn(request, body, answer);
      if (treatment === "after") return this.#hold(response);
      if (treatment === "lose") return void response.destroy();
      response.writeHead(answer.status, [...answer.rawHeaders]).end(answer.body);
    } catch {
      // The client was killed meanwhile.
      response.destroy();
    }
  }

  /** Undefined when nobody can tell which organization it is about. */
  #count(request: IncomingMessage, body: Buffer): Counted | undefined {
    const organization = this.#organizationOf(request, body);
    if (organization === undefined) return undefined;
    const { method = "", url = "" } = request;
    const isSpare = isOfSpare(body) || this.#spares.has(url.split("/").at(-1) ?? "");
    const line = `${lineOf(method, url)}${isSpare ? " (spare)" : ""}`;
    const nth = this.#requests.filter((known) => known.organization === organization && known.line === line).length;
    const counted: Counted = { organization, call: `${method} ${url}`, line, nth };
    this.#requests.push(counted);
    return counted;
  }

  #hold(response: ServerResponse): void {
    this.#held.push(response);
    // A client gives up after half a minute without an answer, and not while one is coming in: this one never does.
    const begin = () => void response.write(" ");
    begin();
    const sign = setInterval(begin, 5_000);
    response.once("close", () => clearInterval(sign));
    if (this.#held.length === this.#full?.size) this.#full.resolve();
  }

  #organizationOf({ headers, method, url = "" }: IncomingMessage, body: Buffer): string | undefined {
    const [, id] = /^\/api\/admin\/organizations\/([^/]+)/.exec(url) ?? [];
    if (id !== undefined) return this.#names.get(id);
    if (url === "/api/admin/organizations") return method === "POST" ? JSON.parse(String(body)).name : "";
    const [, basic = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
    const [publicKey = ""] = Buffer.from(basic, "base64").toString().split(":");
    return this.#names.get(publicKey);
  }

  /** Which organization an id and a public key stand for is first told by the answers that make them. */
  #learn({ method, url = "" }: IncomingMessage, sent: Buffer, { status, body }: UpstreamAnswer): void {
    if (method !== "POST" || status >= 300 || !url.startsWith("/api/admin/organizations")) return;
    const { id, name, publicKey } = JSON.parse(String(body)) as Record<string, string>;
    if (id && isOfSpare(sent)) this.#spares.add(id);
    const [, organization = ""] = /^\/api\/admin\/organizations\/([^/]+)\/apiKeys$/.exec(url) ?? [];
    if (id && name) this.#names.set(id, name);
    if (publicKey) this.#names.set(publicKey, this.#names.get(organization) ?? "");
  }
}

function isOfSpare(body: Buffer): boolean {
  return body.includes(JSON.stringify(SPARE_NOTE));
}
