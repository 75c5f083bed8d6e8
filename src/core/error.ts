import { catalog, type ErrorCode } from "./error-catalog.ts";

/**
 * What is known about the database after a failure. `unknown` is never retried blindly: the effect is
 * probed first.
 */
export type Outcome = "unchanged" | "changed" | "unknown";

export interface GodwitErrorOptions {
  /** What failed and why, in one or two sentences, with the names of the things concerned. */
  readonly message: string;
  /** What to do next; the catalogue's general hint where it is left out. */
  readonly hint?: string;
  /** Facts for programs (JSON values only). */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Default `unchanged`. */
  readonly outcome?: Outcome;
}

/** The one error class. Its `code` is permanent; `godwit explain CODE` and the reference read the same catalogue. */
export class GodwitError extends Error {
  override readonly name = "GodwitError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;

  constructor(code: ErrorCode, options: GodwitErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? catalog[code].hint;
    this.details = options.details ?? {};
    this.outcome = options.outcome ?? "unchanged";
  }

  /** The exit code of the command line: see {@link catalog}. */
  get exitCode(): number {
    return catalog[this.code].exit ?? 1;
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      outcome: this.outcome,
      details: this.details,
    };
  }
}
