import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonRows } from "#sync/http/json-rows.ts";

it("reads the same rows as the parser does", () => {
  const rows = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
  fc.assert(
    fc.property(rows, fc.constantFrom(undefined, 2), (values, indent) => {
      const text = JSON.stringify(values, undefined, indent);
      expect([...jsonRows(text)]).toEqual(JSON.parse(text));
    }),
  );
});

it("refuses every text that is cut off", () => {
  const text = JSON.stringify([{ a: 'b\\"]}' }, { c: [{ d: 1 }] }]);
  for (let length = 0; length < text.length; length += 1) {
    expect(() => [...jsonRows(text.slice(0, length))], text.slice(0, length)).toThrow(SyntaxError);
  }
});

it.each(['"text"', "{}", "[1]", '[{"a":1},]', '[{"a":1}]x', "[{}{}]", "<!doctype html>", "[{a:1}]"])(
  "refuses %s",
  (text) => {
    expect(() => [...jsonRows(text)]).toThrow(SyntaxError);
  },
);
