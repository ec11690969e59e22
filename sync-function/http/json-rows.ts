const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The elements of a JSON array of objects, one after the other, so that only one of them exists in full at a time: a
 * page of thousands of rows is mostly fields that nobody reads, and parsed at once it is what a run's memory goes to.
 *
 * @throws SyntaxError when the text is anything else, or is cut off
 */
export function* jsonRows(text: string): Generator<unknown, void, undefined> {
  let at = skipBlanks(text, 0);
  if (text.charCodeAt(at) !== OPEN_ARRAY) throw new SyntaxError("the text is not a JSON array");
  at = skipBlanks(text, at + 1);
  if (text.charCodeAt(at) !== CLOSE_ARRAY) {
    for (;;) {
      const end = endOfObject(text, at);
      yield JSON.parse(text.slice(at, end));
      at = skipBlanks(text, end);
      if (text.charCodeAt(at) !== COMMA) break;
      at = skipBlanks(text, at + 1);
    }
  }
  if (text.charCodeAt(at) !== CLOSE_ARRAY || skipBlanks(text, at + 1) !== text.length) {
    throw new SyntaxError(`the array does not end as it should at position ${at}`);
  }
}

/** Position behind the object that begins at `start`. What is between its braces is left to the JSON parser. */
function endOfObject(text: string, start: number): number {
  if (text.charCodeAt(start) !== OPEN_OBJECT) throw new SyntaxError(`no object at position ${start}`);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
    if (depth === 0) return at + 1;
  }
  throw new SyntaxError("the text ends within an object");
}

/** Position of the quotation mark that ends the string whose first one is at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  throw new SyntaxError("the text ends within a string");
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at += 1;
  return at;
}
