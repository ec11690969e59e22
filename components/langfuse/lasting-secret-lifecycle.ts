import { z } from "zod";
import { type CheckResult, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";

export interface LastingSecretInputs {
  /** Name of the variable of the server. */
  readonly variable: string;
  /** What it is when there is none yet. */
  readonly value: string;
  /** Whether the value is one of an installation, and not one made for this stack. */
  readonly isTaken: boolean;
  /** Whether a taken value may replace another one that is kept. */
  readonly mayReplace?: boolean;
  /** Only a higher one lets another value in; absent where none ever may. */
  readonly generation?: number;
}

const formats: Readonly<Record<string, RegExp>> = { ENCRYPTION_KEY: /^[0-9a-f]{64}$/i };
const shape = {
  variable: z.string().min(1),
  value: z.string(),
  isTaken: z.boolean(),
  mayReplace: z.boolean().optional(),
  generation: z.int().min(1).optional(),
};

/** What becomes unreadable with another value. */
const LOSSES: Readonly<Record<string, string>> = {
  SALT: "every API key stops working",
  ENCRYPTION_KEY: "stored credentials of model providers and integrations cannot be read any more",
};

/**
 * Puts the stored value in the place of the wanted one, so that nothing in the program or its generators can change it.
 * Another value of an installation is refused, because somebody meant it.
 */
export function check(olds: Partial<LastingSecretInputs>, news: LastingSecretInputs): CheckResult<LastingSecretInputs> {
  const { failures } = checkInputs(shape, news);
  // The engine prints the value of the property that a failure is about.
  const fail = (reason: string) => ({ inputs: news, failures: [...failures, { property: "variable", reason }] });
  if (failures.length > 0) return { inputs: news, failures };
  const { variable, value, generation } = news;
  if (value === "") {
    return fail(
      `The Secret of the installation has no ${variable}: name its key in langfuse.server.existingSecret.keys, or add it there.`,
    );
  }
  if (value !== UNKNOWN && formats[variable] && !formats[variable].test(value)) {
    return fail(`${variable} must have 64 hexadecimal digits; \`openssl rand -hex 32\` makes such a value.`);
  }
  const kept = olds.value;
  if (kept === undefined || kept === UNKNOWN || kept === value) return { inputs: news, failures };
  if (generation !== undefined && olds.generation !== undefined && generation < olds.generation) {
    return fail(
      `${variable} is of generation ${olds.generation} and cannot go back to ${generation}, which could bring ended sessions back: raise it instead.`,
    );
  }
  if (generation !== olds.generation) return { inputs: news, failures };
  if (news.isTaken && value !== UNKNOWN && news.mayReplace) return { inputs: news, failures };
  if (news.isTaken && value !== UNKNOWN) {
    const loss = LOSSES[variable];
    return fail(
      `${variable} would change${loss ? `, and with another one ${loss}` : ""}. This stack keeps another value than langfuse.server.existingSecret holds: leave existingSecret out, which keeps the stack's; or, if no server ever ran with that one, as after a first update that failed, set langfuse.server.existingSecret.replaceKept to true for one update.`,
    );
  }
  return { inputs: { ...news, value: kept }, failures };
}

export function diff(olds: LastingSecretInputs, news: LastingSecretInputs): { changes: boolean } {
  return { changes: olds.value !== news.value || olds.generation !== news.generation };
}

export function create(inputs: LastingSecretInputs): { id: string; outs: LastingSecretInputs } {
  return { id: inputs.variable, outs: stored(inputs) };
}

export function update(news: LastingSecretInputs): { outs: LastingSecretInputs } {
  return { outs: stored(news) };
}

/** There is nothing outside the stack's state to look at. */
export function read(
  id: string,
  props: LastingSecretInputs,
): { id: string; props: LastingSecretInputs; inputs: LastingSecretInputs } {
  return { id, props: stored(props), inputs: stored(props) };
}

/** Exactly what is stored: the engine adds properties of its own to what it passes, and an absent one must stay absent. */
function stored({ variable, value, isTaken, mayReplace, generation }: LastingSecretInputs): LastingSecretInputs {
  return {
    ...{ variable, value, isTaken },
    ...(mayReplace === undefined ? {} : { mayReplace }),
    ...(generation === undefined ? {} : { generation }),
  };
}
