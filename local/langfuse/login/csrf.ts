import { createHash, randomBytes } from "node:crypto";

export interface Csrf {
  /** 64 hexadecimal digits. */
  readonly token: string;
  /** Value of the cookie to set, or undefined when the browser has a valid one. */
  readonly cookie: string | undefined;
  /** The form carried the token of the cookie. */
  readonly verified: boolean;
}

/** The cookie holds the token and a digest that only this server can make; a form has to repeat the token. */
export function checkCsrf(secret: string, cookie: string | undefined, formToken: unknown): Csrf {
  const [token = "", digest] = (cookie ?? "").split("|");
  if (token !== "" && digest === digestOf(secret, token)) {
    return { token, cookie: undefined, verified: formToken === token };
  }
  const fresh = randomBytes(32).toString("hex");
  return { token: fresh, cookie: `${fresh}|${digestOf(secret, fresh)}`, verified: false };
}

function digestOf(secret: string, token: string): string {
  return createHash("sha256").update(`${token}${secret}`).digest("hex");
}
