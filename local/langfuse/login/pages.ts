import { html, type Reply, redirect, withCookies } from "../http/reply.ts";
import type { LoginCall } from "./call.ts";
import { sessionOwner } from "./call.ts";
import { sessionUser } from "./session.ts";

/** Signed-in people see who they are and where they belong; everybody else is sent to the sign-in page. */
export function landingPage(call: LoginCall): Reply {
  const user = sessionOwner(call);
  if (!user) return withCookies(redirect(307, "/auth/sign-in"), call.fresh);
  const { instance } = call.server;
  const { organizations } = sessionUser(instance.database(), instance.plan, user);
  const items = organizations.map((organization) => {
    const projects = organization.projects.map(({ name, role }) => `<li>${escapeHtml(name)}: ${role}</li>`).join("");
    const { id, name, role } = organization;
    return `<li data-organization="${id}" data-role="${role}">${escapeHtml(name)}: ${role}<ul>${projects}</ul></li>`;
  });
  return page(call, "Langfuse", [
    `<p>Signed in as <strong id="email">${escapeHtml(user.email)}</strong></p>`,
    items.length > 0 ? `<ul id="organizations">${items.join("")}</ul>` : `<p id="organizations">No organization</p>`,
    form(call, "/api/auth/signout", "Sign out", call.server.base),
  ]);
}

export function signInPage(call: LoginCall): Reply {
  return page(call, "Sign in", [
    ...errorText(call),
    form(call, "/api/auth/signin/keycloak", "Keycloak", call.callbackUrl),
  ]);
}

export function signOutPage(call: LoginCall): Reply {
  return page(call, "Sign out", [form(call, "/api/auth/signout", "Sign out", call.callbackUrl)]);
}

export function errorPage(call: LoginCall): Reply {
  return page(call, "Sign-in error", [...errorText(call), `<p><a href="/auth/sign-in">Sign in</a></p>`]);
}

function errorText({ request }: LoginCall): string[] {
  const texts = [request.query.get("error_description") ?? request.query.get("error")];
  return texts.flatMap((text) => (text ? `<p id="error">${escapeHtml(text)}</p>` : []));
}

function form(call: LoginCall, action: string, label: string, callbackUrl: string): string {
  const fields = Object.entries({ csrfToken: call.csrfToken, callbackUrl }).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  );
  return `<form method="post" action="${action}">${fields.join("")}<button type="submit">${escapeHtml(label)}</button></form>`;
}

function page(call: LoginCall, title: string, content: readonly string[]): Reply {
  const head = `<head><meta charset="utf-8"><title>${title} | Langfuse</title></head>`;
  const body = `<body><main><h1>${title}</h1>${content.join("")}</main></body>`;
  return withCookies(html(200, `<!DOCTYPE html><html lang="en">${head}${body}</html>`), call.fresh);
}

function escapeHtml(value: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
