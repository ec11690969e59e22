import type { Page } from "./browser.ts";
import { type Form, readForms, readText } from "./html.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a page of Keycloak's login theme is; every other page of it asks for more than this browser knows to give. */
export type KeycloakPage =
  | { readonly kind: "login-form"; readonly form: Form }
  /** `message` is what the person reads. */
  | { readonly kind: "refusal"; readonly status: number; readonly message: string }
  | { readonly kind: "other"; readonly status: number; readonly title: string };

/** Where the themes `keycloak` and `keycloak.v2` write what is wrong with a form, first match wins. */
const places = ["input-error", "input-error-username", "input-error-password", "kc-feedback-text"];

export function readKeycloakPage(page: Pick<Page, "status" | "body">): KeycloakPage {
  const { status, body } = page;
  const message = readError(body);
  if (message) return { kind: "refusal", status, message };
  const form = readForms(body).find(({ fields }) => "username" in fields && "password" in fields);
  if (form) return { kind: "login-form", form };
  return { kind: "other", status, title: readText(body, "kc-page-title") ?? "page without a title" };
}

function readError(body: string): string | undefined {
  // The error page's box may also hold a link back to the application; the sentence is a paragraph of its own.
  const box = readText(body, "kc-error-message");
  if (box !== undefined) return readText(body, "instruction") ?? box;
  return places.map((place) => readText(body, place)).find((text) => text !== undefined && text !== "");
}
