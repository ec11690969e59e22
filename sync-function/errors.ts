/**
 * What went wrong, as a closed set: each kind has one exit code, so that a scheduler or a script can tell them apart.
 *
 * | exit | kind | meaning |
 * |---|---|---|
 * | 64 | `usage` | configuration or command line is wrong; nothing was contacted |
 * | 5 | `unreachable` | a server did not answer, or answered an error |
 * | 5 | `unauthorised` | a server refused the credentials or the rights |
 * | 5 | `incomplete` | a read was short or contradicted itself |
 * | 4 | `partial` | some changes were applied and some failed |
 * | 3 | `refused` | a guard stopped the run before anything was changed |
 */
export const EXIT_CODES = {
  usage: 64,
  unreachable: 5,
  unauthorised: 5,
  incomplete: 5,
  partial: 4,
  refused: 3,
} as const;

/** Exit code of a defect of this program, after EX_SOFTWARE of sysexits(3). */
export const DEFECT_EXIT_CODE = 70;

export type ErrorKind = keyof typeof EXIT_CODES;

/**
 * An error that is shown to a person as it stands: its message says what failed, on what, and what to do, and never
 * holds a secret. Everything else that is thrown is a defect and keeps its stack trace.
 */
export class AccessError extends Error {
  override readonly name = "AccessError";
  readonly kind: ErrorKind;
  /** HTTP status of the answer that caused it, when there was one. */
  readonly status: number | undefined;

  constructor(kind: ErrorKind, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.status = options.status;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** Text of anything that was thrown; never the stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
