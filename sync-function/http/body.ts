import type { Readable } from "node:stream";
import { AxiosError, type AxiosInstance, type AxiosResponse, isCancel } from "axios";

/** Takes in an answer while it arrives, in pieces of text. What it throws ends the call; it is not repeated. */
export type Receive = (pieces: AsyncIterable<string>) => Promise<unknown>;

declare module "axios" {
  interface AxiosRequestConfig {
    receive?: Receive;
  }
}

/** Longest answer in letters; 50 000 members are 5 MB, so this only stops what cannot be an answer. */
const LONGEST_ANSWER = 128 * 1024 * 1024;
/** As much of a refusal is read, in letters: only its message is of use. */
const LONGEST_REFUSAL = 64 * 1024;

/**
 * Lets a request's `receive` take in the answer piece by piece, so that a long list is never in memory as a whole, twice
 * in bytes and once as text. A body that breaks off or falls silent is a failed try like any other, and therefore this is
 * to be called before what repeats tries is added.
 */
export function receiveBodies(instance: AxiosInstance): void {
  instance.interceptors.response.use(
    async (response) => ({ ...response, data: await response.config.receive?.(piecesOf(response, LONGEST_ANSWER)) }),
    async (error) => {
      if (error instanceof AxiosError && error.response !== undefined) {
        error.response.data = await textOf(error.response);
      }
      throw error;
    },
  );
}

async function* piecesOf(response: AxiosResponse<Readable>, longest: number): AsyncGenerator<string> {
  const { data: body, config, request } = response;
  const { timeout = 0 } = config;
  const silence = setTimeout(
    () => body.destroy(new AxiosError(`nothing came for ${timeout} ms`, AxiosError.ECONNABORTED)),
    timeout,
  );
  let length = 0;
  body.setEncoding("utf8");
  const pieces: AsyncIterator<string> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return;
      silence.refresh();
      length += value.length;
      if (length > longest) throw new AxiosError(`more than ${longest} letters came`, AxiosError.ERR_BAD_RESPONSE);
      yield value;
    }
  } catch (error) {
    if (isCancel(error) || !(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : AxiosError.ERR_BAD_RESPONSE;
    throw AxiosError.from(error, code, config, request, response);
  } finally {
    clearTimeout(silence);
    body.destroy();
  }
}

/** What a refusal says, as far as it arrives. */
async function textOf(response: AxiosResponse<Readable>): Promise<string> {
  let text = "";
  try {
    for await (const piece of piecesOf(response, LONGEST_REFUSAL)) text += piece;
  } catch {
    // The status is the answer; what is said beside it only explains.
  }
  return text;
}
