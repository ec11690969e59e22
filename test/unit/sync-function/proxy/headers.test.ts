import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerHeaders, hasPassedBefore, requestHeaders } from "#sync/proxy/headers.ts";

const caller = { address: "10.0.0.7", encrypted: false };

/** A head as Node gives it, for headers that occur once. */
function head(given: Readonly<Record<string, string>>, method = "GET") {
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, headers, rawHeaders: Object.entries(given).flat() };
}

/** Values by lower-case name, in their order. */
function valuesIn(raw: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? "";
    values[name] = [...(values[name] ?? []), raw[at + 1] ?? ""];
  }
  return values;
}

describe("a request", () => {
  it("keeps its headers as they were written, and says where it came from", () => {
    const sent = head({ Host: "langfuse.example.com", Cookie: "a=1; b=2", "X-Custom": "ä" });
    expect(requestHeaders(sent, caller)).toEqual([
      ...["Host", "langfuse.example.com", "Cookie", "a=1; b=2", "X-Custom", "ä"],
      ...["x-forwarded-for", "10.0.0.7", "x-forwarded-proto", "http"],
      ...["x-forwarded-host", "langfuse.example.com", "via", "1.1 langfuse-access"],
    ]);
  });

  it("keeps what an ingress said about the browser, and adds the ingress to the way", () => {
    const sent = head({
      Host: "langfuse.langfuse.svc",
      "X-Forwarded-For": "203.0.113.9",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "langfuse.example.com",
      Via: "2 ingress",
    });
    expect(valuesIn(requestHeaders(sent, caller))).toMatchObject({
      host: ["langfuse.langfuse.svc"],
      "x-forwarded-for": ["203.0.113.9, 10.0.0.7"],
      "x-forwarded-proto": ["https"],
      "x-forwarded-host": ["langfuse.example.com"],
      via: ["2 ingress, 1.1 langfuse-access"],
    });
  });

  it("loses what is about the connection, also what only it names", () => {
    const sent = head({
      Host: "l",
      Connection: "close, X-Hop",
      "X-Hop": "1",
      "Keep-Alive": "timeout=5",
      "Proxy-Authorization": "Basic x",
      TE: "trailers",
      Upgrade: "h2c",
      Expect: "100-continue",
    });
    const names = Object.keys(valuesIn(requestHeaders(sent, caller)));
    expect(names).toEqual(["host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via"]);
  });

  it.each([
    ["a length", { "Content-Length": "3" }, "POST", { "content-length": ["3"] }],
    ["pieces", { "Transfer-Encoding": "chunked" }, "GET", { "transfer-encoding": ["chunked"] }],
    ["no body where one is usual", {}, "POST", { "content-length": ["0"] }],
    ["no body where none is usual", {}, "DELETE", {}],
  ])("announces its body as it did: %s", (_title, given, method, expected) => {
    const { "content-length": length, "transfer-encoding": encoding } = valuesIn(
      requestHeaders(head({ Host: "l", ...given }, method), caller),
    );
    expect({ ...(length && { "content-length": length }), ...(encoding && { "transfer-encoding": encoding }) }).toEqual(
      expected,
    );
  });

  it("is known again when it comes back", () => {
    const values = valuesIn(requestHeaders(head({ Host: "l", Via: "1.0 a" }), caller));
    expect(hasPassedBefore({ headers: { via: values.via?.[0] ?? "" } })).toBe(true);
    expect(hasPassedBefore({ headers: { via: "1.1 other, 1.1 langfuse-access-2" } })).toBe(false);
    expect(hasPassedBefore({ headers: {} })).toBe(false);
  });
});

describe("an answer", () => {
  it("keeps each of its cookies, in their order", () => {
    const rawHeaders = [
      "Set-Cookie",
      "a=1",
      "X",
      "y",
      "set-cookie",
      "b=2",
      "Connection",
      "keep-alive",
      "Keep-Alive",
      "timeout=5",
    ];
    const kept = ["Set-Cookie", "a=1", "X", "y", "set-cookie", "b=2"];
    expect(answerHeaders({ headers: { connection: "keep-alive" }, rawHeaders })).toEqual(kept);
  });

  it("of any shape loses only headers of the connection", () => {
    const name = fc.constantFrom("Connection", "Transfer-Encoding", "Set-Cookie", "X-A", "Upgrade", "Location");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
        const gone = ["Connection", "Transfer-Encoding", "Upgrade"];
        const kept = pairs.filter(([one]) => !gone.includes(one));
        expect(answerHeaders({ headers: {}, rawHeaders: pairs.flat() })).toEqual(kept.flat());
      }),
    );
  });
});
