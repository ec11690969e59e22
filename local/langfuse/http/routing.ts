import { Breakdown, Refusal } from "./errors.ts";
import { html, type Reply, redirect } from "./reply.ts";
import type { ApiRequest } from "./request.ts";

export type Handler = (request: ApiRequest) => Reply | Promise<Reply>;

export interface Route {
  /** Case-sensitive; `{name}` takes one path segment. */
  readonly path: string;
  readonly handle: Handler;
}

/** Gives the routes the answer their family has for an error that nobody handles. */
export function onBreakdown(reply: Reply, routes: readonly Route[]): Route[] {
  return routes.map(({ path, handle }) => ({
    path,
    handle: async (request) => {
      try {
        return await handle(request);
      } catch (error) {
        if (error instanceof Breakdown) return reply;
        throw error;
      }
    },
  }));
}

export interface Match {
  readonly handle: Handler;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Compiles the routes once; a fixed segment wins over a placeholder when it comes first in `routes`. */
export function createRouter(routes: readonly Route[]): (path: string) => Match | undefined {
  const compiled = routes.map(({ path, handle }) => ({ segments: path.split("/"), handle }));
  return (path) => {
    const segments = path.split("/");
    for (const route of compiled) {
      const parameters = matchSegments(route.segments, segments);
      if (parameters) return { handle: route.handle, parameters };
    }
    return undefined;
  };
}

function matchSegments(route: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (route.length !== path.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of route.entries()) {
    const actual = path[index] ?? "";
    if (!expected.startsWith("{")) {
      if (actual !== expected) return undefined;
    } else {
      if (actual === "") return undefined;
      parameters[expected.slice(1, -1)] = decodeSegment(actual);
    }
  }
  return parameters;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(
      html(400, "<!DOCTYPE html><html><head><title>400: Bad Request</title></head><body>400</body></html>"),
    );
  }
}

/** The redirect for a path that is not in normal form: repeated slashes are merged, trailing ones cut. */
export function normalise(path: string, search: string): Reply | undefined {
  const normal = path.replaceAll(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
  return normal === path ? undefined : redirect(308, `${normal}${search}`);
}
