/** Distinguished Encoding Rules (X.690), as much as an X.509 certificate needs. */

export function encode(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
}

export const sequence = (...items: readonly Buffer[]) => encode(0x30, ...items);
export const set = (...items: readonly Buffer[]) => encode(0x31, ...items);
export const octets = (content: Buffer) => encode(0x04, content);
export const text = (content: string) => encode(0x0c, Buffer.from(content, "utf8"));
export const truth = () => encode(0x01, Buffer.from([0xff]));
/** A bit string; `unused` low bits of its last byte do not count. */
export const bits = (content: Buffer, unused = 0) => encode(0x03, Buffer.from([unused]), content);

/** A non-negative integer given as its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return encode(0x02, (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** An object identifier in dotted form, for example `2.5.4.3`. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    bytes.push(...digits);
  }
  return encode(0x06, Buffer.from(bytes));
}

/** UTCTime, which RFC 5280 prescribes for years up to 2049. */
export function time(moment: Date): Buffer {
  const digits = moment.toISOString().replace(/\D/g, "").slice(2, 14);
  return encode(0x17, Buffer.from(`${digits}Z`, "latin1"));
}
