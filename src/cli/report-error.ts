import { GodwitError } from "../core/error.ts";
import { jsonLine, type Output } from "./output.ts";
import { errorText } from "./render-error.ts";
import { visible } from "./visible-text.ts";

export interface ReportOptions {
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What a failed run left behind. */
  readonly describe?: ((error: GodwitError) => string | null) | undefined;
}

/** Prints an error, whatever was thrown, and returns its exit code. */
export function reportError(thrown: unknown, options: ReportOptions): number {
  const { output, env, cwd, describe } = options;
  const { out, err } = output;
  const error = asGodwitError(thrown);
  const aftermath = describe?.(error) ?? (error.exitCode === 64 ? "nothing was changed" : null);
  if (output.json) out.write(jsonLine({ type: "error", ...error.toJSON(), aftermath }));
  else err.write(errorText(error, { paint: err.paint, columns: err.columns(), cwd, aftermath }));
  if (env.GODWIT_DEBUG === "1") err.write(stackText(thrown));
  return error.exitCode;
}

function asGodwitError(thrown: unknown): GodwitError {
  if (thrown instanceof GodwitError) return thrown;
  const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return new GodwitError("GW9001", { message, cause: thrown, outcome: "unknown" });
}

function stackText(thrown: unknown): string {
  const lines: string[] = [];
  let error: unknown = thrown;
  // A chain of causes can be a ring.
  for (let depth = 0; depth < 10 && error instanceof Error; depth++, error = error.cause) {
    lines.push(`${depth === 0 ? "" : "caused by "}${visible(error.stack ?? String(error))}\n`);
  }
  return lines.join("");
}
