/** An answer before it is written. A header with several values, such as Set-Cookie, is an array. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

export function json(status: number, value: unknown): Reply {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}

/** Plain text goes out without a content type, as the framework under the real server sends it. */
export function text(status: number, body: string): Reply {
  return { status, headers: {}, body };
}

export function html(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

export function empty(status: number): Reply {
  return { status, headers: {}, body: "" };
}

export function redirect(status: 302 | 307 | 308, location: string): Reply {
  return { status, headers: { location }, body: location };
}

export function withCookies(reply: Reply, cookies: readonly string[]): Reply {
  return cookies.length === 0 ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}
