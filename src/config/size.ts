import { GodwitError } from "../core/error.ts";

const byteUnits: Readonly<Record<string, number>> = { "": 1, B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** What a size looks like, for messages. */
export const sizeForms = "a size such as 16MB";

/** Bytes of `16MB`, `512k` or `1000`. Throws `code`, GW1001 where it is left out. */
export function parseSize(
  value: unknown,
  options: { readonly what: string; readonly code?: "GW1001" | "GW1004" },
): number {
  const [, digits = "", unit = ""] =
    typeof value === "string" ? (/^(\d{1,9})\s*([kmg]?b?)$/i.exec(value) ?? []) : [];
  const letter = unit.toUpperCase().replace(/^([KMG])$/, "$1B");
  const bytes = Number(digits) * (byteUnits[letter] ?? 0);
  if (bytes > 0) return bytes;
  throw new GodwitError(options.code ?? "GW1001", {
    message: `${options.what} is ${JSON.stringify(value)}: expected ${sizeForms}`,
    details: { what: options.what },
  });
}
