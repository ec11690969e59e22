const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

type Place = "before the array" | "first row" | "between rows" | "next row" | "row" | "string" | "after the array";

/**
 * The elements of a JSON array of objects, one after the other, while its text arrives: a page of thousands of rows is
 * mostly fields that nobody reads, and held as a whole it is what a run's memory goes to. What is between the braces of
 * an element is left to the JSON parser.
 */
export class JsonRows {
  /** What was not read to its end: from the first letter of the row in hand on. */
  #text = "";
  /** How far `#text` was looked through. */
  #at = 0;
  #place: Place = "before the array";
  /** Braces and brackets of the row in hand that are open. */
  #depth = 0;

  /** @throws SyntaxError when the text is anything but a JSON array of objects */
  *push(piece: string): Generator<unknown, void, undefined> {
    this.#text += piece;
    let start = 0;
    while (this.#at < this.#text.length) {
      if (this.#place === "string") this.#leaveString();
      else if (this.#place === "row") {
        this.#step(this.#text.charCodeAt(this.#at));
        this.#at += 1;
        if (this.#depth > 0) continue;
        yield JSON.parse(this.#text.slice(start, this.#at));
        this.#place = "between rows";
      } else {
        const code = this.#text.charCodeAt(this.#at);
        if (!isBlank(code)) this.#place = this.#placeAfter(code);
        if (this.#place === "row") [start, this.#depth] = [this.#at, 1];
        this.#at += 1;
      }
    }
    const isWithinRow = this.#place === "row" || this.#place === "string";
    this.#text = isWithinRow ? this.#text.slice(start) : "";
    this.#at = this.#text.length;
  }

  /** @throws SyntaxError when the array was cut off */
  end(): void {
    if (this.#place !== "after the array") throw new SyntaxError("the text ends within the array");
  }

  #placeAfter(code: number): Place {
    if (this.#place === "before the array" && code === OPEN_ARRAY) return "first row";
    if (this.#place === "first row" || this.#place === "next row") {
      if (code === OPEN_OBJECT) return "row";
      if (code === CLOSE_ARRAY && this.#place === "first row") return "after the array";
    }
    if (this.#place === "between rows") {
      if (code === COMMA) return "next row";
      if (code === CLOSE_ARRAY) return "after the array";
    }
    throw new SyntaxError(`unexpected ${JSON.stringify(String.fromCharCode(code))} ${this.#place}`);
  }

  #step(code: number): void {
    if (code === QUOTE) this.#place = "string";
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) this.#depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) this.#depth -= 1;
  }

  /** To behind the quotation mark that ends the string, or to the end of what has arrived. */
  #leaveString(): void {
    const end = this.#text.indexOf('"', this.#at);
    if (end === -1) {
      this.#at = this.#text.length;
      return;
    }
    this.#at = end + 1;
    let before = end - 1;
    while (this.#text.charCodeAt(before) === BACKSLASH) before -= 1;
    const backslashes = end - 1 - before;
    if (backslashes % 2 === 0) this.#place = "row";
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
