import type { Readable } from "node:stream";
import { AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse, isCancel } from "axios";

/** Takes in one answer while it arrives. What it throws ends the call, and the call is not repeated. */
export interface Receiver<T> {
  take(piece: string): void;
  /** Called after the last piece. */
  end(): T;
}

declare module "axios" {
  interface AxiosRequestConfig {
    receiver?: () => Receiver<unknown>;
  }
}

/** Longest answer, in bytes or letters; 50 000 members are 5 MB, so this only stops what cannot be an answer. */
export const LONGEST_ANSWER = 128 * 1024 * 1024;
/** As much of a refusal is read, in letters: only its message is of use. */
const LONGEST_REFUSAL = 64 * 1024;

/** Options of a request whose answer is taken in by receivers, a new one for each try. */
export function receivedBy(receiver: () => Receiver<unknown>): AxiosRequestConfig {
  // A limit would make axios put a stream around the body that cannot be given up while it waits for the network.
  return { responseType: "stream", maxContentLength: -1, receiver };
}

/**
 * Lets the receiver of a request take in the answer piece by piece, so that a long list is never in memory as a whole,
 * twice in bytes and once as text. A body that breaks off or falls silent is a failed try like any other, and therefore this is
 * to be called before what repeats tries is added.
 */
export function receiveBodies(instance: AxiosInstance): void {
  instance.interceptors.response.use(
    async (response) => {
      const receiver = response.config.receiver?.();
      if (receiver === undefined) return response;
      await readBody(response, LONGEST_ANSWER, (piece) => receiver.take(piece));
      return { ...response, data: receiver.end() };
    },
    async (error) => {
      if (error instanceof AxiosError && error.config?.receiver !== undefined && error.response !== undefined) {
        error.response.data = await refusalOf(error.response);
      }
      throw error;
    },
  );
}

/** @throws AxiosError when the body does not come to its end, or what `take` throws */
async function readBody(
  response: AxiosResponse<Readable>,
  longest: number,
  take: (piece: string) => void,
): Promise<void> {
  const { data: body, config, request } = response;
  const { timeout = 0 } = config;
  const broken = (message: string, code: string) => new AxiosError(message, code, config, request, response);
  const silence = setTimeout(
    () => body.destroy(broken(`nothing came for ${timeout} ms`, AxiosError.ECONNABORTED)),
    timeout,
  );
  let length = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      body.setEncoding("utf8");
      body.on("data", (piece: string) => {
        silence.refresh();
        length += piece.length;
        try {
          if (length > longest) throw broken(`more than ${longest} letters came`, AxiosError.ERR_BAD_RESPONSE);
          take(piece);
        } catch (error) {
          reject(error);
          body.destroy();
        }
      });
      body.once("end", resolve);
      body.once("error", (error: Error & { code?: string }) => {
        const isOurs = error instanceof AxiosError || isCancel(error);
        reject(isOurs ? error : broken(error.message, error.code ?? AxiosError.ERR_BAD_RESPONSE));
      });
      body.once("close", () => reject(broken("the body broke off", AxiosError.ERR_BAD_RESPONSE)));
    });
  } finally {
    clearTimeout(silence);
  }
}

/** What a refusal says, as far as it arrives. */
async function refusalOf(response: AxiosResponse<Readable>): Promise<string> {
  let text = "";
  try {
    await readBody(response, LONGEST_REFUSAL, (piece) => {
      text += piece;
    });
  } catch {
    // The status is the answer; what is said beside it only explains.
  }
  return text;
}
