const BLOCK = 512;

export interface TarEntry {
  /** Relative path, without a leading slash. */
  readonly path: string;
  readonly mode: number;
  /** Content of a file, in pieces; a folder has none. */
  readonly content?: readonly Buffer[];
}

/**
 * A tar archive (POSIX ustar) as a list of buffers, so that large files are never copied. Everything belongs to root and
 * is dated to 1970: the same files give the same bytes.
 */
export function tar(entries: readonly TarEntry[]): Buffer[] {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? [];
    const size = content.reduce((total, piece) => total + piece.length, 0);
    return [header(entry, size), ...content, Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)];
  });
  return [...parts, Buffer.alloc(2 * BLOCK)];
}

function header({ path, mode, content }: TarEntry, size: number): Buffer {
  const [prefix, name] = split(path);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  const fields: [number, string][] = [
    [0, name],
    [100, octal(mode, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(size, 11)],
    [136, octal(0, 11)],
    // The checksum counts its own field as blanks.
    [148, "        "],
    [156, content ? "0" : "5"],
    [257, "ustar\u000000"],
    [345, prefix],
  ];
  for (const [offset, text] of fields) block.write(text, offset, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** A name holds 100 bytes, a prefix 155; they are cut at a slash. */
function split(path: string): [prefix: string, name: string] {
  if (path.length <= 100) return ["", path];
  const cut = path.indexOf("/", path.length - 101);
  if (cut < 0 || cut > 155) throw new Error(`the path ${path} is too long for a tar archive`);
  return [path.slice(0, cut), path.slice(cut + 1)];
}
