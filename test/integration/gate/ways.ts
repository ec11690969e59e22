import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "#local/browser/browser.ts";
import { readForms } from "#local/browser/html.ts";
import { requestTokens } from "#local/browser/tokens.ts";
import type { Path } from "#sync/gate/login.ts";
import type { Account } from "./inhabitants.ts";
import type { Mailbox } from "./mailbox.ts";
import {
  authorisationUrl,
  codeOf,
  open,
  secretsOf,
  signIn,
  tokensFor,
  type VisitedClient,
  type Visitor,
} from "./sign-in.ts";
import { totp, type Verdict, verdictOf, walk } from "./walk.ts";

/** Somebody who comes to a client. */
export interface Visit extends Visitor {
  readonly client: VisitedClient;
  /** The client at which a session is begun, for ways that have one. */
  readonly elsewhere: VisitedClient;
  readonly account: Account;
  readonly mailbox: Mailbox;
}

/** What the realm and its clients let people do: nothing that passes by the gate, everything, or that with a login behind. */
export const PHASES = ["closed", "open", "forced"] as const;
export type Phase = (typeof PHASES)[number];

export interface Way {
  /** As the documentation calls it. */
  readonly title: string;
  readonly phase: Phase;
  /** As the simulator calls it. */
  readonly path: Path;
  readonly identityProvider?: string;
  /** Whether the person has lost every role by the time that counts. */
  readonly isAfterLoss?: boolean;
  drive(visit: Visit): Promise<Verdict>;
}

const broker = (title: string, identityProvider: string, isKnown: boolean): Way => ({
  title,
  phase: "closed",
  path: "broker",
  identityProvider,
  drive: async (visit) => {
    await visit.account.link(identityProvider, isKnown);
    return verdictOf(await signIn(new Browser(), visit, visit.client, { kc_idp_hint: identityProvider }));
  },
});

/** Every way to a client; with the people and the clients, the table of logins. */
export const WAYS: readonly Way[] = [
  {
    title: "password, with second factor where the person has one",
    phase: "closed",
    path: "password",
    drive: async (visit) => verdictOf(await signIn(new Browser(), visit, visit.client)),
  },
  {
    title: "SSO session of another client",
    phase: "closed",
    path: "session",
    drive: async (visit) => verdictOf(await signIn(await withSession(visit), visit, visit.client)),
  },
  {
    title: "the same with `prompt=none`",
    phase: "closed",
    path: "silent",
    drive: async (visit) => verdictOf(await signIn(await withSession(visit), visit, visit.client, { prompt: "none" })),
  },
  {
    title: "the same with `max_age=0`, password again",
    phase: "closed",
    path: "reauthentication",
    drive: async (visit) => {
      const browser = await withSession(visit);
      // The server counts whole seconds: within the same one, nobody is asked again.
      await sleep(1_100);
      return verdictOf(await signIn(browser, visit, visit.client, { max_age: "0" }));
    },
  },
  {
    title: "next login after the role was taken away",
    phase: "closed",
    path: "session",
    isAfterLoss: true,
    drive: async (visit) => {
      const browser = new Browser();
      const first = await signIn(browser, visit, visit.client);
      if (codeOf(first) === undefined) await signIn(browser, visit, visit.elsewhere);
      await visit.account.loseRoles();
      try {
        return verdictOf(await signIn(browser, visit, visit.client));
      } finally {
        await visit.account.regainRoles();
      }
    },
  },
  broker("identity provider, first login", "partner", false),
  broker("identity provider, later logins", "partner", true),
  broker("identity provider with a flow of its own behind it", "supplier", true),
  {
    title: "refresh token from before",
    phase: "closed",
    path: "refresh",
    drive: async (visit) => {
      const token = await visit.account.whileWelcome(() => refreshToken(visit));
      return await tokensFor(visit.issuer, visit.client, { grant_type: "refresh_token", refresh_token: token });
    },
  },
  ...(["open", "closed"] as const).flatMap((phase): Way[] => [
    {
      title: phase === "open" ? "device grant, where the client has it" : "device grant, where it has not",
      phase,
      path: "device",
      drive: enterDeviceCode,
    },
    {
      title: phase === "open" ? "direct grant, where the client has it" : "direct grant, where it has not",
      phase,
      path: "direct-grant",
      drive: (visit) => {
        const { username, password, otpSecret } = visit.answers;
        const form = { grant_type: "password", username, password };
        return tokensFor(
          visit.issuer,
          visit.client,
          otpSecret === undefined ? form : { ...form, totp: totp(otpSecret) },
        );
      },
    },
  ]),
  ...(
    [
      ["open", "reset of a password, where the realm has it"],
      ["forced", "the same with `gate.forceLoginAfterReset`³"],
      ["closed", "reset of a password, where the realm has it not"],
    ] as const
  ).map(([phase, title]): Way => ({ title, phase, path: "reset-credentials", drive: reset })),
];

/** A browser in which the person signed in elsewhere, if they can. */
async function withSession(visit: Visit): Promise<Browser> {
  const browser = new Browser();
  await signIn(browser, visit, visit.elsewhere);
  return browser;
}

async function refreshToken(visit: Visit): Promise<string> {
  const code = codeOf(await signIn(new Browser(), visit, visit.client));
  if (code === undefined) throw new Error("no code for somebody with every role");
  const form = { grant_type: "authorization_code", code, redirect_uri: visit.client.redirectUri };
  const exchanged = await requestTokens(visit.issuer, { ...secretsOf(visit.client), ...form });
  if (exchanged.kind !== "tokens") throw new Error(`no tokens: ${exchanged.error}`);
  return exchanged.tokens.refresh_token ?? "";
}

/** Follows "Forgot password", the link in the mail and whatever comes behind the new password, as far as the realm lets it. */
async function reset(visit: Visit): Promise<Verdict> {
  const { issuer, client, answers, account, mailbox } = visit;
  const browser = new Browser();
  const page = await browser.get(authorisationUrl(issuer, client, {}, "forgot-credentials"));
  if (page.status >= 400) return verdictOf(page);
  const [form] = readForms(page.body);
  if (!form) throw new Error("nobody asks whose password it is");
  await browser.submit(page, form, { username: answers.username });
  const link = await mailbox.linkFor(`${answers.username}@example.com`);
  // Nothing is sent to the disabled, and nothing is said of it.
  if (!link && !account.isEnabled) return "denied";
  if (!link) throw new Error(`no mail to ${answers.username}`);
  try {
    const end = await open(browser, link, answers, client);
    if ("halted" in end || end.status >= 400) return verdictOf(end);
    // The realm says that the password is another now, and leaves it to the person to come again.
    return verdictOf(await signIn(browser, visit, client));
  } finally {
    await account.forgetLaterFactors();
  }
}

/** A device asks for a code, the person enters it in a browser, and the device asks whether it may have tokens now. */
async function enterDeviceCode(visit: Visit): Promise<Verdict> {
  const started = await fetch(`${visit.issuer}/protocol/openid-connect/auth/device`, {
    method: "POST",
    body: new URLSearchParams({ ...secretsOf(visit.client), scope: "openid" }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!started.ok) return "denied";
  const { device_code, verification_uri_complete } = (await started.json()) as Record<string, string>;
  const browser = new Browser();
  await walk(browser, await browser.get(new URL(verification_uri_complete ?? "")), visit.answers, () => false);
  const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
  return await tokensFor(visit.issuer, visit.client, { grant_type, device_code: device_code ?? "" });
}
