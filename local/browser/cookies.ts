import { isIP } from "node:net";

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Host name; with a dot in front when hosts below it get the cookie too. */
  readonly domain: string;
  readonly path: string;
  readonly secure: boolean;
  /** Milliseconds since 1970; undefined until the browser closes. */
  readonly expires: number | undefined;
}

/**
 * Cookies as a browser keeps them (RFC 6265), with its exception for a person's own machine: cookies marked `Secure` are
 * kept and sent over plain HTTP on loopback. Keycloak marks all of its cookies so, whatever the protocol, and answers
 * `cookie_not_found` without them. `SameSite` is not looked at: everything here is one site.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();
  readonly #trusted: ReadonlySet<string>;
  readonly #now: () => number;

  /** @param trusted Further hosts that are treated as loopback, for example the address of a local bridge. */
  constructor(options: { trusted?: readonly string[]; now?: () => number } = {}) {
    this.#trusted = new Set(options.trusted);
    this.#now = options.now ?? Date.now;
  }

  /** Keeps what an answer of `url` sets; `lines` are its `Set-Cookie` headers. */
  keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parseCookie(line, url, this.#now());
      if (!cookie || (cookie.secure && !this.#isSecure(url))) continue;
      const key = `${cookie.domain} ${cookie.path} ${cookie.name}`;
      this.#cookies.delete(key);
      if (!this.#isOver(cookie)) this.#cookies.set(key, cookie);
    }
  }

  /** The `Cookie` header for a request of `url`, undefined when there is nothing to send. Longer paths come first. */
  header(url: URL): string | undefined {
    const sent = this.#matching(url).sort((a, b) => b.path.length - a.path.length);
    return sent.length > 0 ? sent.map(({ name, value }) => `${name}=${value}`).join("; ") : undefined;
  }

  /** Value that a page of `url` would send, undefined when there is none. */
  value(url: URL, name: string): string | undefined {
    return this.#matching(url).find((cookie) => cookie.name === name)?.value;
  }

  clear(): void {
    this.#cookies.clear();
  }

  #matching(url: URL): Cookie[] {
    return [...this.#cookies.values()].filter(
      (cookie) =>
        !this.#isOver(cookie) &&
        domainMatches(url.hostname, cookie.domain) &&
        pathMatches(url.pathname, cookie.path) &&
        (!cookie.secure || this.#isSecure(url)),
    );
  }

  #isOver(cookie: Cookie): boolean {
    return cookie.expires !== undefined && cookie.expires <= this.#now();
  }

  #isSecure(url: URL): boolean {
    return url.protocol === "https:" || isLoopback(url.hostname) || this.#trusted.has(url.hostname);
  }
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127\./.test(hostname);
}

/** One `Set-Cookie` line; undefined when it names nothing or a foreign domain. */
function parseCookie(line: string, url: URL, now: number): Cookie | undefined {
  const [pair = "", ...rest] = line.split(";");
  const [name, value] = halves(pair);
  if (name === "") return undefined;
  const attributes = new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text]));
  const domain = (attributes.get("domain") ?? "").replace(/^\./, "").toLowerCase();
  if (domain !== "" && !domainMatches(url.hostname, `.${domain}`)) return undefined;
  const path = attributes.get("path") ?? "";
  return {
    name,
    value,
    domain: domain === "" || domain === url.hostname ? url.hostname : `.${domain}`,
    path: path.startsWith("/") ? path : url.pathname.slice(0, url.pathname.lastIndexOf("/")) || "/",
    secure: attributes.has("secure"),
    expires: endOf(attributes, now),
  };
}

function endOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const age = attributes.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return now + Number(age) * 1000;
  const date = Date.parse(attributes.get("expires") ?? "");
  return Number.isNaN(date) ? undefined : date;
}

function halves(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return at < 0 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function domainMatches(hostname: string, domain: string): boolean {
  if (!domain.startsWith(".")) return hostname === domain;
  return hostname === domain.slice(1) || (isIP(hostname) === 0 && hostname.endsWith(domain));
}

function pathMatches(pathname: string, path: string): boolean {
  if (!pathname.startsWith(path)) return false;
  return pathname.length === path.length || path.endsWith("/") || pathname[path.length] === "/";
}
