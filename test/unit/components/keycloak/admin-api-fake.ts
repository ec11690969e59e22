import type { KeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import type { HttpRequest } from "#sync/http/client.ts";
import { refusal } from "../answers.ts";

export interface FakeApi extends KeycloakAdminApi {
  /** `METHOD path` of everything that was written. */
  readonly writes: string[];
}

/** An Admin API that answers by method and path; whatever `answer` does not know is 404. */
export function fakeApi(answer: (call: string, request: HttpRequest) => unknown): FakeApi {
  const writes: string[] = [];
  return {
    writes,
    version: async () => "26.7.5",
    send: async (request, schema) => {
      const call = `${request.method} ${request.path}`;
      const found = answer(call, request);
      if (found === undefined) throw refusal(404, call);
      if (request.method !== "GET") writes.push(call);
      return schema.parse(found);
    },
  };
}
