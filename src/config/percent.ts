import { GodwitError } from "../core/error.ts";

/** What a percentage looks like, for messages. */
export const percentForms = "a percentage above 0 and up to 100, such as 20%";

/** The number before the percent sign of `20%`, `0.5%` or, on the command line, `20`. Throws `code`, GW1001 where it is left out. */
export function parsePercent(
  value: unknown,
  options: { readonly what: string; readonly code?: "GW1001" | "GW1004" },
): number {
  const isPercent = typeof value === "string" && /^\d{1,9}(\.\d{1,9})?%?$/.test(value);
  const percent = isPercent ? Number.parseFloat(value) : 0;
  if (percent > 0 && percent <= 100) return percent;
  throw new GodwitError(options.code ?? "GW1001", {
    message: `${options.what} is ${JSON.stringify(value)}: expected ${percentForms}`,
    details: { what: options.what },
  });
}
