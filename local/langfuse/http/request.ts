/** A request after routing and parsing. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Placeholders of the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** Object, text or any other JSON value, as `parseBody` says. */
  readonly body: unknown;
}

export function parameter(request: ApiRequest, name: string): string {
  const value = request.parameters[name];
  if (value === undefined) throw new Error(`The route of ${request.path} has no placeholder {${name}}.`);
  return value;
}

/** A member of a body as JavaScript reads it: undefined for texts, numbers and arrays without it. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
