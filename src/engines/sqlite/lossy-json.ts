import { plainDecimal } from "./canonical-number.ts";

/**
 * Whether a server that keeps JSON as a value would lose something of the text: a key that is there twice, or digits
 * that a double does not hold. Texts that are no JSON are another question's.
 */
export function isLossyJson(text: string): boolean {
  let keys = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[^"]+/gs)) {
    if (token.startsWith('"') && token.endsWith(":")) keys++;
  }
  let rounded = false;
  let value: unknown;
  try {
    value = JSON.parse(text, function (
      this: unknown,
      _key: string,
      part: unknown,
      context: { source?: string },
    ) {
      if (typeof part === "number" && context.source !== undefined && !isExact(part, context.source))
        rounded = true;
      return part;
    } as (key: string, part: unknown) => unknown);
  } catch {
    return false;
  }
  return rounded || countKeys(value) < keys;
}

function isExact(value: number, source: string): boolean {
  // Servers hold integers of 64 bits besides doubles.
  if (/^-?\d+$/.test(source) && BigInt.asIntN(64, BigInt(source)) === BigInt(source)) return true;
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source);
  if (match === null || !Number.isFinite(value)) return false;
  const significant = `${match[2]}${match[3] ?? ""}`.replace(/^0+/, "").replace(/0+$/, "");
  const kept = plainDecimal(value).replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
  return significant === kept;
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts = Object.values(value);
  const own = Array.isArray(value) ? 0 : parts.length;
  return parts.reduce<number>((sum, part) => sum + countKeys(part), own);
}
