/** An answer as a browser without scripts sees it. */
export interface Page {
  readonly status: number;
  readonly location: string;
  readonly text: string;
  readonly setCookies: readonly string[];
}

/** A browser that keeps cookies and follows nothing by itself. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  async get(url: string): Promise<Page> {
    return await this.#send(url, {});
  }

  async post(url: string, form: Record<string, string>): Promise<Page> {
    return await this.#send(url, { method: "POST", body: new URLSearchParams(form) });
  }

  async json(url: string): Promise<unknown> {
    return JSON.parse((await this.get(url)).text);
  }

  async csrfToken(): Promise<string> {
    return field(await this.get("/api/auth/csrf"), "csrfToken");
  }

  /** Starts a login and returns where the identity provider is asked. */
  async startSignIn(callbackUrl = `${this.#base}/`, query = ""): Promise<Page> {
    const csrfToken = await this.csrfToken();
    return await this.post(`/api/auth/signin/keycloak${query}`, { csrfToken, callbackUrl, json: "true" });
  }

  /** Goes through a whole login and returns the answer to the callback. */
  async signIn(callbackUrl?: string, query?: string): Promise<Page> {
    const started = await this.startSignIn(callbackUrl, query);
    const provider = await this.get(field(started, "url"));
    return await this.get(provider.location);
  }

  async #send(url: string, init: RequestInit): Promise<Page> {
    const target = new URL(url, this.#base);
    const own = target.origin === new URL(this.#base).origin;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(target, { ...init, redirect: "manual", headers: own && cookie ? { cookie } : {} });
    const setCookies = own ? response.headers.getSetCookie() : [];
    for (const each of setCookies) this.#keep(each);
    return {
      status: response.status,
      location: response.headers.get("location") ?? "",
      text: await response.text(),
      setCookies,
    };
  }

  #keep(setCookie: string): void {
    const [pair = ""] = setCookie.split(";");
    const [name = "", value = ""] = pair.split("=");
    if (setCookie.includes("Max-Age=0")) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** A text member of a JSON answer. */
export function field(page: Page, name: string): string {
  const value: unknown = Reflect.get(JSON.parse(page.text), name);
  if (typeof value !== "string") throw new Error(`no ${name} in ${page.text}`);
  return value;
}
