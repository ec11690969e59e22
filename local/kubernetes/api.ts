import { request } from "node:https";

/** How long one question may take, in milliseconds. */
const TIMEOUT = 5_000;

/** Reads from the API server as the administrator; only what start-up has to ask. */
export class ApiReader {
  readonly #url: string;
  readonly #authority: string;
  readonly #token: string;

  constructor(url: string, authority: string, token: string) {
    this.#url = url;
    this.#authority = authority;
    this.#token = token;
  }

  /** The answer's text, or undefined when its status is not 200. Rejects when the server cannot be reached. */
  async read(path: string): Promise<string | undefined> {
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#url),
        {
          ca: this.#authority,
          headers: { authorization: `Bearer ${this.#token}` },
          // A fresh connection each time: nothing is left open that could hold the process back from ending.
          agent: false,
          signal: AbortSignal.timeout(TIMEOUT),
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.once("end", () => resolve(response.statusCode === 200 ? text : undefined));
          response.once("error", reject);
        },
      );
      outgoing.once("error", reject);
      outgoing.end();
    });
  }
}
