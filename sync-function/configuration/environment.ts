import { readFileSync } from "node:fs";
import { AccessError, messageOf } from "../errors.ts";

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

/** Reads the variables of one command, and gathers what is wrong with all of them. */
export class VariableReader {
  readonly #environment: Environment;
  readonly #readFile: ReadFile;
  readonly #problems: string[] = [];

  constructor(environment: Environment, readFile: ReadFile = (path) => readFileSync(path, "utf8")) {
    this.#environment = environment;
    this.#readFile = readFile;
  }

  optional(name: string): string | undefined {
    const reading = readVariable(name, this.#environment, this.#readFile);
    if ("value" in reading) return reading.value;
    this.#problems.push(reading.problem);
    return undefined;
  }

  /**
   * The first of several names that is set.
   *
   * @param what the value is, for the advice
   * @returns an empty text where there is none, which is a problem then
   */
  required(names: readonly string[], what: string): string {
    const before = this.#problems.length;
    const value = names.map((name) => this.optional(name)).find((found) => found !== undefined);
    if (value === undefined && this.#problems.length === before) {
      this.#problems.push(
        `${names.join(" or ")} is not set; set it to ${what}, or ${names[0]}_FILE to a file that holds it`,
      );
    }
    return value ?? "";
  }

  /** An address of a server; one with a user name would be printed with its password. */
  address(names: readonly string[], what: string): string {
    const value = this.required(names, what).replace(/\/+$/, "");
    const { protocol = "", username = "", password = "" } = URL.parse(value) ?? {};
    if (value !== "" && (!/^https?:$/.test(protocol) || username !== "" || password !== "")) {
      this.reject(
        `${names.join(" or ")} is no plain address; write http:// or https:// and a host, without a user name`,
      );
    }
    return value;
  }

  reject(problem: string): void {
    this.#problems.push(problem);
  }

  /** @throws AccessError `usage` with one line for every problem */
  finish(): void {
    if (this.#problems.length > 0) throw new AccessError("usage", this.#problems.join("\n"));
  }
}
