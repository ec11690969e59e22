/**
 * Loaded into the engine's Node processes: their clock is ahead by as many milliseconds as the file in SHIFTED_CLOCK says,
 * so that a test can see days pass. Timers keep their own time.
 */
import { readFileSync } from "node:fs";

const ahead = Number(readFileSync(process.env.SHIFTED_CLOCK ?? "", "utf8"));
const Original = Date;

if (ahead > 0) {
  globalThis.Date = class extends Original {
    static override now(): number {
      return Original.now() + ahead;
    }

    constructor(...given: [] | [string | number | Date]) {
      super(...((given.length === 0 ? [Original.now() + ahead] : given) as [number]));
    }
  } as DateConstructor;
}
