import { messageOf } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws when the file cannot be read. */
export type ReadFile = (path: string) => string;

/** A value, nothing because it is not set, or what is wrong with it. */
export type Reading = { readonly value: string | undefined } | { readonly problem: string };

/** One variable, which may come as `NAME_FILE` instead; an empty one counts as not set. */
export function readVariable(name: string, environment: Environment, readFile: ReadFile): Reading {
  const value = environment[name] || undefined;
  const file = environment[`${name}_FILE`] || undefined;
  if (file === undefined) return { value };
  if (value !== undefined) return { problem: `${name} and ${name}_FILE are both set; keep one of them` };
  return readSecret(`${name}_FILE`, file, readFile);
}

/** The content of a file; editors and `echo` end it with a line break, which is not part of a secret. */
export function readSecret(name: string, path: string, readFile: ReadFile): Reading {
  try {
    const value = readFile(path).replace(/[\r\n]+$/, "");
    return value === "" ? { problem: `${name} is "${path}", which is empty; put the value into it` } : { value };
  } catch (error) {
    return {
      problem: `${name} is "${path}", which cannot be read (${messageOf(error)}); mount it, or correct the path`,
    };
  }
}
