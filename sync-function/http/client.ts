import http from "node:http";
import https from "node:https";
import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig } from "axios";
import axiosRetry from "axios-retry";
import type * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { deadline } from "../deadline.ts";
import { AccessError } from "../errors.ts";
import { LONGEST_ANSWER, type Receiver, receiveBodies, receivedBy } from "./body.ts";
import { answeredStatus, type CallName, failureOf, type Remedy } from "./failure.ts";
import { JsonRows } from "./json-rows.ts";
import { DEFAULT_ATTEMPTS, isWorthRepeating, pauseAfter, type Repetition, retryAfterOf } from "./retry.ts";

export interface HttpOptions {
  /** Name of the server in messages, for example `Keycloak`. */
  readonly service: string;
  /** Absolute address that every path is appended to. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds one try may be silent. Default 30 000. */
  readonly timeout?: number;
  /** Milliseconds a call may take with all its repetitions. Default 120 000. */
  readonly deadline?: number;
  /** How often one call is tried in all. Default 5. */
  readonly attempts?: number;
  /** Connections that are kept open and used at the same time; more calls wait. Default 8. */
  readonly connections?: number;
  /** Certificate in PEM that signs the server's; default: those that the system trusts. */
  readonly certificateAuthority?: string;
  /** Ends every call, for a run that has a deadline of its own. */
  readonly signal?: AbortSignal;
  /** Better advice than the status alone gives. */
  readonly remedy?: Remedy;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with `/`; parts that come from data are encoded by `pathSegment`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as a form when it is `URLSearchParams`. */
  readonly body?: unknown;
  /** Default by method: GET `read`, POST `create`, the others `idempotent`. */
  readonly repetition?: Repetition;
}

export interface HttpClient {
  /**
   * Sends a request and returns its checked answer.
   *
   * @throws AccessError `unauthorised` for 401 and 403, `incomplete` for an answer of another shape or a broken one,
   * `unreachable` for everything else; `status` tells the answer's status where there was one
   */
  send<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T>;
  /** The same for an answer that is an array of objects, of which `row` describes one; made for long lists. */
  sendRows<T>(request: HttpRequest, row: z.ZodType<T>): Promise<T[]>;
}

/**
 * Milliseconds after which a connection that nobody uses is closed: a process that stays makes clients again and again, and
 * a server may keep its end open for half an hour. A call has a limit of its own.
 */
const IDLE = 60_000;

export function createHttpClient(options: HttpOptions): HttpClient {
  const longest = options.deadline ?? 120_000;
  const agent = { keepAlive: true, maxSockets: options.connections ?? 8, timeout: IDLE };
  const instance = axios.create({
    adapter: "http",
    timeout: options.timeout ?? 30_000,
    headers: { accept: "application/json", ...options.headers },
    httpAgent: new http.Agent(agent),
    httpsAgent: new https.Agent({ ...agent, ca: options.certificateAuthority }),
    // A redirect would take the credentials to an address nobody configured.
    maxRedirects: 0,
    // Blanks as %20: axios would send a plus sign.
    paramsSerializer: { encode: encodeURIComponent },
    maxContentLength: LONGEST_ANSWER,
    // The body is parsed below: axios would pass on a cut-off JSON text as a string.
    responseType: "text",
    transformResponse: [(data: unknown) => data],
  });
  receiveBodies(instance);
  axiosRetry(instance, { retries: (options.attempts ?? DEFAULT_ATTEMPTS) - 1, shouldResetTimeout: true });
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const ask = async (request: HttpRequest, call: CallName, more: AxiosRequestConfig): Promise<unknown> => {
    try {
      return await exchange(instance, `${baseUrl}${request.path}`, request, more, longest, options.signal);
    } catch (error) {
      throw failureOf(error, call, { deadline: longest }, options.remedy);
    }
  };
  const nameOf = ({ method, path }: HttpRequest): CallName => ({
    service: options.service,
    method,
    url: withoutSecrets(`${baseUrl}${path}`),
  });
  return {
    async send(request, schema) {
      const call = nameOf(request);
      return parseAnswer(await ask(request, call, {}), schema, call);
    },
    async sendRows<T>(request: HttpRequest, row: z.ZodType<T>) {
      const call = nameOf(request);
      const receiver = () => rowsReceiver(row, call);
      return (await ask(request, call, receivedBy(receiver))) as T[];
    },
  };
}

async function exchange(
  instance: AxiosInstance,
  url: string,
  request: HttpRequest,
  options: AxiosRequestConfig,
  longest: number,
  runSignal: AbortSignal | undefined,
): Promise<unknown> {
  // Let go of below, not by `using`: Pulumi runs this file too, on a Node that may not know the word.
  const limit = deadline(longest, ...(runSignal === undefined ? [] : [runSignal]));
  const endsAt = performance.now() + longest;
  const repetition = request.repetition ?? defaultRepetition(request.method);
  const isForm = request.body instanceof URLSearchParams;
  const contentType = isForm ? "application/x-www-form-urlencoded" : "application/json";
  const pauseFor = (attempt: number, error: AxiosError) =>
    pauseAfter(attempt, retryAfterOf(error.response?.headers["retry-after"], Date.now()), Math.random());
  try {
    const { data } = await instance.request<unknown>({
      url,
      ...options,
      method: request.method,
      params: request.query,
      headers: { ...(request.body === undefined ? {} : { "content-type": contentType }), ...request.headers },
      data: isForm ? String(request.body) : request.body === undefined ? undefined : JSON.stringify(request.body),
      signal: limit.signal,
      "axios-retry": {
        retryCondition: (error) =>
          isWorthRepeating({ status: answeredStatus(error), code: error.code }, repetition) &&
          performance.now() + pauseFor(1, error) < endsAt,
        retryDelay: pauseFor,
      },
    });
    return data;
  } finally {
    limit[Symbol.dispose]();
  }
}

function parseAnswer<T>(text: unknown, schema: z.ZodType<T>, call: CallName): T {
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(String(text));
  } catch {
    throw unexpected(call, "the answer is not JSON");
  }
  return checked(value, schema, call);
}

function rowsReceiver<T>(row: z.ZodType<T>, call: CallName): Receiver<T[]> {
  const [reader, rows] = [new JsonRows(), [] as T[]];
  const orUnexpected = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw unexpected(call, `the answer is not a JSON array of objects (${error.message})`);
    }
  };
  return {
    take: (piece) =>
      orUnexpected(() => {
        for (const value of reader.push(piece)) rows.push(checked(value, row, call));
      }),
    end: () => {
      orUnexpected(() => reader.end());
      return rows;
    },
  };
}

function checked<T>(value: unknown, schema: z.ZodType<T>, call: CallName): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined ? "" : `${toDotPath(issue.path)}: ${issue.message}`;
  throw unexpected(call, `the answer has another shape than expected (${place})`);
}

function unexpected(call: CallName, what: string): AccessError {
  return new AccessError(
    "incomplete",
    `${call.service}: ${call.method} ${call.url}: ${what}; check that the address is that of ${call.service} itself, and its version`,
  );
}

function defaultRepetition(method: HttpRequest["method"]): Repetition {
  if (method === "GET") return "read";
  return method === "POST" ? "create" : "idempotent";
}

function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
