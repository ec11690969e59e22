import { CookieJar } from "./cookies.ts";
import type { Form } from "./html.ts";

/** How long one request may take, in milliseconds. */
const TIMEOUT = 30_000;
/** How many redirects are followed before they count as a circle; the number browsers use. */
const REDIRECTS = 20;

/** Where a browser is after redirects. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Addresses on the way here, the last one included. */
  readonly visited: readonly URL[];
}

/** The browser was sent to an address it was told not to open. */
export interface Halt {
  readonly halted: URL;
}

export interface BrowserOptions {
  /** Hosts besides loopback where cookies marked `Secure` are kept over plain HTTP. */
  readonly trusted?: readonly string[];
  /** Milliseconds for each request; 30,000 by default. */
  readonly timeout?: number;
  /** Origins that lead to another server than their name says, as an entry in a hosts file makes them. */
  readonly routes?: Readonly<Record<string, string>>;
}

/** A person's browser without a screen: keeps cookies, follows redirects, submits forms, runs no script. */
export class Browser {
  readonly cookies: CookieJar;
  readonly #timeout: number;
  readonly #routes: Readonly<Record<string, string>>;

  constructor(options: BrowserOptions = {}) {
    this.cookies = new CookieJar(options.trusted ? { trusted: options.trusted } : {});
    this.#timeout = options.timeout ?? TIMEOUT;
    this.#routes = options.routes ?? {};
  }

  async get(url: URL | string): Promise<Page> {
    return await this.#arrive({ url: new URL(url) });
  }

  async post(url: URL | string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return await this.#arrive({ url: new URL(url), form: new URLSearchParams(fields) });
  }

  /** Sends a form of `page` with `typed` over what it held. */
  async submit(page: Page, form: Form, typed: Readonly<Record<string, string>>): Promise<Page> {
    return await this.#arrive(submission(page, form, typed));
  }

  /** As `get`, or `submit` when a form is given, but stops before it opens an address for which `stop` answers true. */
  async follow(
    start: { url: URL | string } | { page: Page; form: Form; typed: Readonly<Record<string, string>> },
    stop: (url: URL) => boolean,
  ): Promise<Page | Halt> {
    const step = "page" in start ? submission(start.page, start.form, start.typed) : { url: new URL(start.url) };
    return await this.#walk(step, stop);
  }

  async #arrive(step: Step): Promise<Page> {
    const end = await this.#walk(step, () => false);
    if ("halted" in end) throw new Error(`stopped before ${end.halted.origin}`);
    return end;
  }

  async #walk(start: Step, stop: (url: URL) => boolean): Promise<Page | Halt> {
    const visited: URL[] = [];
    let step = start;
    while (visited.length <= REDIRECTS) {
      if (stop(step.url)) return { halted: step.url };
      visited.push(step.url);
      const answer = await this.#request(step);
      const body = await answer.text();
      const location = answer.headers.get("location");
      if (answer.status < 300 || answer.status > 399 || location === null)
        return { url: step.url, status: answer.status, headers: answer.headers, body, visited };
      const url = new URL(location, step.url);
      // Only 307 and 308 repeat the method and the body.
      step = answer.status === 307 || answer.status === 308 ? { ...step, url } : { url };
    }
    const places = visited.slice(-3).map((url) => `${url.origin}${url.pathname}`);
    throw new Error(`more than ${REDIRECTS} redirects, at last: ${places.join(", ")}`);
  }

  async #request({ url, form }: Step): Promise<Response> {
    const cookie = this.cookies.header(url);
    const route = this.#routes[url.origin];
    const place = route === undefined ? url : `${route}${url.pathname}${url.search}`;
    const answer = await fetch(place, {
      method: form ? "POST" : "GET",
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8", ...(cookie ? { cookie } : {}) },
      body: form ?? null,
      redirect: "manual",
      signal: AbortSignal.timeout(this.#timeout),
    });
    this.cookies.keep(url, answer.headers.getSetCookie());
    return answer;
  }
}

interface Step {
  readonly url: URL;
  /** Sent by POST; a step without it is a GET. */
  readonly form?: URLSearchParams;
}

function submission(page: Page, form: Form, typed: Readonly<Record<string, string>>): Step {
  const url = new URL(form.action, page.url);
  const fields = new URLSearchParams({ ...form.fields, ...typed });
  if (form.method === "POST") return { url, form: fields };
  url.search = fields.toString();
  return { url };
}
