import { isDeepStrictEqual, styleText } from "node:util";
import { messageOf } from "#sync/errors.ts";

/** Counts what was looked at; the demo's last line and exit code come from here. */
export class Checks {
  #passed = 0;
  readonly #failed: string[] = [];
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = console.log) {
    this.#write = write;
  }

  /** Looks at one thing. A failure is shown with its reason and counted; the demo goes on to show the rest. */
  async check(title: string, look: () => Promise<void> | void): Promise<void> {
    try {
      await look();
      this.#passed += 1;
      this.#write(`  ${styleText("green", "✓")} ${title}`);
    } catch (error) {
      this.#failed.push(title);
      this.#write(`  ${styleText("red", "✗")} ${title}\n${indent(messageOf(error))}`);
    }
  }

  section(title: string): void {
    this.#write(`\n${styleText("bold", title)}`);
  }

  show(text: string): void {
    this.#write(indent(text.trimEnd()));
  }

  get failed(): number {
    return this.#failed.length;
  }

  /** `demo: N checks passed`, or what failed. */
  get summary(): string {
    if (this.#failed.length === 0) return `demo: ${this.#passed} checks passed`;
    return `demo: ${this.#failed.length} of ${this.#passed + this.#failed.length} checks failed: ${this.#failed.join("; ")}`;
  }
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`);
}

export function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}
