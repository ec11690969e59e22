import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeEntities } from "#local/browser/html.ts";

export interface Mailbox {
  readonly port: number;
  /** The first address with `part` in it in the next mail to somebody; undefined when none comes in time. */
  linkFor(email: string, part?: string): Promise<URL | undefined>;
  stop(): Promise<void>;
}

/** Longest that a mail is waited for, in milliseconds: the server sends it before it answers the form. */
const PATIENCE = 500;

/** Takes every mail that a server on this machine sends, as much of SMTP as that needs. */
export async function startMailbox(): Promise<Mailbox> {
  const mails = new Map<string, string>();
  const server = createServer((socket) => receive(socket, (to, text) => mails.set(to, text)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the mailbox has no port");
  return {
    port: address.port,
    linkFor: async (email, part = "action-token") => {
      for (let waited = 0; waited < PATIENCE && !mails.has(email); waited += 50) await sleep(50);
      const text = mails.get(email)?.replace(/=\r\n/g, "").replaceAll("=3D", "=") ?? "";
      mails.delete(email);
      const links = [...text.matchAll(/https?:\/\/\S+?(?=[\s"<>])/g)].map(([link]) => decodeEntities(link));
      const link = links.find((one) => one.includes(part));
      return link === undefined ? undefined : new URL(link);
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function receive(socket: Socket, keep: (to: string, text: string) => void): void {
  let received = "";
  let to = "";
  let isData = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  say("220 mailbox");
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    received += chunk;
    for (;;) {
      const end = isData ? received.indexOf("\r\n.\r\n") : received.indexOf("\r\n");
      if (end < 0) return;
      const text = received.slice(0, end);
      received = received.slice(end + (isData ? 5 : 2));
      if (isData) {
        isData = false;
        // A line that begins with a dot is sent with one more (RFC 5321, section 4.5.2).
        keep(to, text.replace(/^\./gm, ""));
        say("250 kept");
      } else if (/^DATA/i.test(text)) {
        isData = true;
        say("354 go on");
      } else if (/^QUIT/i.test(text)) {
        say("221 bye");
        socket.end();
      } else {
        to = /^RCPT TO:<([^>]+)>/i.exec(text)?.[1] ?? to;
        say("250 ok");
      }
    }
  });
}
