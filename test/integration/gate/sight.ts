import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import type { Credentials } from "#local/browser/keycloak-page.ts";

/** Screenshots of a test run; git ignores them. */
const folder = fileURLToPath(new URL("../../../.artifacts/", import.meta.url));

/** Milliseconds for each step of a login: a browser on a busy machine takes its time. */
export const PATIENCE = 200_000;

export interface Sight {
  readonly url: URL;
  readonly text: string;
  readonly status: number | undefined;
}

/** What a person sees in the end who signs in to Langfuse; the page is kept as a picture. */
export async function seeLogin(
  chromium: Browser,
  langfuseUrl: string,
  { username, password }: Credentials,
  picture: string,
): Promise<Sight> {
  const context = await chromium.newContext();
  context.setDefaultTimeout(PATIENCE);
  try {
    const page = await context.newPage();
    await page.goto(`${langfuseUrl}/auth/sign-in`);
    await page.getByRole("button").first().click();
    await page.fill("#username", username);
    await page.fill("#password", password);
    const [answer] = await Promise.all([page.waitForNavigation(), page.press("#password", "Enter")]);
    await page.waitForLoadState("load");
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, picture), fullPage: true });
    return { url: new URL(page.url()), text: await page.innerText("body"), status: answer?.status() };
  } finally {
    await context.close();
  }
}
