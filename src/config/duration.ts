import { GodwitError } from "../core/error.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest time a timer and a server setting can hold: a signed 32-bit count of milliseconds, 24.8 days. */
const longestMs = 2 ** 31 - 1;

/** What a duration looks like, for messages. */
export const durationForms = "a duration such as 250ms, 2s, 5m or 1h, or 0";

/**
 * Milliseconds of `250ms`, `2s`, `5m`, `1h` or `0`. A bare number other than 0 is refused: its unit would be
 * guessed, and the servers themselves disagree (milliseconds in PostgreSQL, seconds in MySQL).
 *
 * `what` names the option, key or directive in the message; `code` is GW1001 for the command line, and another
 * where the value came from elsewhere.
 */
export function parseDuration(
  value: unknown,
  options: { readonly what: string; readonly code?: "GW1001" | "GW1004" | "GW2010" },
): number {
  if (value === 0 || value === "0") return 0;
  const match = typeof value === "string" ? /^(\d{1,10})(ms|s|m|h)$/.exec(value) : null;
  const ms = match === null ? Number.NaN : Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN);
  if (ms <= longestMs) return ms;
  const code = options.code ?? "GW1001";
  const why = Number.isNaN(ms) ? `expected ${durationForms}` : "more than 24 days";
  throw new GodwitError(code, {
    message: `${options.what} is ${JSON.stringify(value)}: ${why}.`,
    hint: "Write a whole number with its unit: ms, s, m or h.",
    details: { what: options.what },
  });
}
