import { createHmac } from "node:crypto";
import type { Browser, Halt, Page } from "#local/browser/browser.ts";
import { type Form, readForms } from "#local/browser/html.ts";
import { type Credentials, readKeycloakPage } from "#local/browser/keycloak-page.ts";

export interface Answers extends Credentials {
  /** Of the person's one-time passwords. */
  readonly otpSecret?: string | undefined;
}

/** Whether somebody got in. */
export type Verdict = "allowed" | "denied";

/** More pages than any login here has. */
const PAGES = 12;

/**
 * Answers whatever pages of Keycloak ask for, one after the other, until the browser is sent away or nothing is asked any
 * more: name, password, one-time password, a new password, a new second factor, consent, the link to an account.
 */
export async function walk(
  browser: Browser,
  start: Page | Halt,
  answers: Answers,
  arrived: (url: URL) => boolean,
): Promise<Page | Halt> {
  const answered = new Set<string>();
  let end = start;
  for (let pages = 0; pages < PAGES && !("halted" in end); pages += 1) {
    const page = end;
    const [next] = readForms(page.body).flatMap((form) => answerTo(page, form, answers) ?? []);
    // Whoever is asked the same again gave the wrong answer.
    const question = next && `${page.url.pathname} ${Object.keys(next.typed)}`;
    if (!next || !question || answered.has(question)) break;
    answered.add(question);
    end = await browser.follow({ page, ...next }, arrived);
  }
  return end;
}

function answerTo(page: Page, form: Form, answers: Answers): { form: Form; typed: Record<string, string> } | undefined {
  // A browser that has no ticket of the company's domain sends the page's only form as it is.
  if (page.status === 401 && page.headers.get("www-authenticate") === "Negotiate") return { form, typed: {} };
  const { username, password, otpSecret } = answers;
  const { totpSecret } = form.fields;
  const known = {
    username,
    password,
    "password-new": password,
    "password-confirm": password,
    ...(otpSecret === undefined ? {} : { otp: totp(otpSecret) }),
    ...(totpSecret === undefined ? {} : { totp: totp(totpSecret), userLabel: "another" }),
  };
  const asked = Object.entries(known).filter(([field]) => field in form.fields);
  const pressed = buttons.filter(([mark]) => page.body.includes(mark)).map(([, name, value]) => [name, value]);
  const typed = Object.fromEntries(asked.length > 0 ? asked : pressed);
  return Object.keys(typed).length > 0 ? { form, typed } : undefined;
}

/** Pressed on pages that ask for nothing else, by what the page has then. */
const buttons = [
  ['name="accept"', "accept", "Yes"],
  ['value="linkAccount"', "submitAction", "linkAccount"],
] as const;

/**
 * Whether a login ended inside. Anything but a code, or a refusal that a person could read, is an error of the test or of
 * the server, and no refusal.
 */
export function verdictOf(end: Page | Halt): Verdict {
  if ("halted" in end) {
    if (end.halted.searchParams.has("code")) return "allowed";
    if (end.halted.searchParams.has("error")) return "denied";
    throw new Error(`sent to ${end.halted.pathname} with neither code nor error`);
  }
  const shown = readKeycloakPage(end);
  if (shown.kind === "refusal" && end.status < 500) return "denied";
  const title = shown.kind === "other" ? shown.title : shown.kind;
  throw new Error(`the login stopped at ${end.url.pathname} with status ${end.status}: ${title}`);
}

/** RFC 6238 with SHA-1, six digits and thirty seconds. */
export function totp(secret: string): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
