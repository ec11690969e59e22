import { styleText } from "node:util";

/** Tells a person what a long command is doing. Everything goes to standard error: standard output is for results. */
export interface Progress {
  /** Runs `work` under a title; a step that lasts longer than two seconds says so, and `note` tells how far it is. */
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  say(text: string): void;
}

/** How often a step that is still running repeats itself, in milliseconds. */
const HEARTBEAT = 15_000;
/** Steps shorter than this print their closing line only, in milliseconds. */
const PATIENCE = 2_000;

export function createProgress(write: (line: string) => void = (line) => process.stderr.write(`${line}\n`)): Progress {
  return {
    say: (text) => write(text),
    async step(title, work) {
      const started = performance.now();
      const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
      let detail = "";
      const announce = setTimeout(() => write(`  … ${title}`), PATIENCE);
      const heartbeat = setInterval(() => write(`  … ${title}, ${elapsed()}${detail && `: ${detail}`}`), HEARTBEAT);
      try {
        const result = await work((text) => {
          detail = text;
        });
        write(`  ${styleText("green", "✓", { stream: process.stderr })} ${title} (${elapsed()})`);
        return result;
      } catch (error) {
        write(`  ${styleText("red", "✗", { stream: process.stderr })} ${title} (${elapsed()})`);
        throw error;
      } finally {
        clearTimeout(announce);
        clearInterval(heartbeat);
      }
    },
  };
}

/** For callers that report by themselves, such as tests. */
export const silent: Progress = { step: (_title, work) => work(() => {}), say: () => {} };
