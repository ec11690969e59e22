/** How long changes are collected before they are written, in milliseconds. */
const PAUSE = 100;

/** Writes a state that changes often: soon after a change, never twice at once, and finally when it is flushed. */
export class Saver {
  readonly #write: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => this.#start(), PAUSE);
  }

  /** Resolves when everything is written; fails when the last write did. */
  async flush(): Promise<void> {
    if (this.#timer) this.#start();
    await this.#writing;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A failed write is not the end: the next one writes everything again, and `flush` reports the last.
    this.#writing = this.#writing.then(this.#write, this.#write);
    this.#writing.catch(() => {});
  }
}
