import fc from "fast-check";
import { expect, it } from "vitest";
import { JsonRows } from "#sync/http/json-rows.ts";

/** The rows of a text that arrives in pieces of so many letters. */
function rowsOf(text: string, length = 65_536): unknown[] {
  const [reader, rows] = [new JsonRows(), [] as unknown[]];
  for (let start = 0; start < text.length; start += length) {
    rows.push(...reader.push(text.slice(start, start + length)));
  }
  reader.end();
  return rows;
}

it("reads the same rows as the parser does, wherever the text was cut into pieces", () => {
  const rows = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
  fc.assert(
    fc.property(rows, fc.constantFrom(undefined, 2), fc.integer({ min: 1, max: 40 }), (values, indent, length) => {
      const text = JSON.stringify(values, undefined, indent);
      expect(rowsOf(text, length)).toEqual(JSON.parse(text));
    }),
  );
});

it("refuses every text that is cut off", () => {
  const text = JSON.stringify([{ a: 'b\\"]}', "e\\\\": "" }, { c: [{ d: 1 }] }]);
  for (let length = 0; length < text.length; length += 1) {
    expect(() => rowsOf(text.slice(0, length), 7), text.slice(0, length)).toThrow(SyntaxError);
  }
});

it.each(['"text"', "{}", "[1]", '[{"a":1},]', '[{"a":1}]x', "[{}{}]", "<!doctype html>", "[{a:1}]"])(
  "refuses %s",
  (text) => {
    expect(() => rowsOf(text)).toThrow(SyntaxError);
  },
);

it("hands out a row as soon as it is complete, and keeps what belongs to the next", () => {
  const reader = new JsonRows();
  expect([...reader.push('[{"a":1},{"b"')]).toEqual([{ a: 1 }]);
  expect([...reader.push(':"}')]).toEqual([]);
  expect([...reader.push('"}')]).toEqual([{ b: "}" }]);
});
