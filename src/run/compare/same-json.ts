/**
 * Whether two JSON texts mean the same: order of keys and white space do not count, every digit of a number does,
 * unless it was accepted that numbers are `rounded`.
 */
export function sameJson(left: string, right: string, rounded = false): boolean {
  const [a, b] = [canonicalJson(left, rounded), canonicalJson(right, rounded)];
  return a !== null && a === b;
}

/** Keys sorted, numbers without a change of their digits but for the exponent and trailing zeros; null if it is no JSON. */
export function canonicalJson(text: string, rounded = false): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text, function (_, item: unknown, context?: { source?: string }) {
      return typeof item === "number" && context?.source !== undefined
        ? new Digits(plain(rounded ? asDouble(item, context.source) : context.source))
        : item;
    } as Parameters<typeof JSON.parse>[1]);
  } catch {
    return null;
  }
  return write(value);
}

/** What a server that keeps integers of 64 bits and doubles makes of a number. */
function asDouble(value: number, source: string): string {
  if (/^-?\d+$/.test(source)) {
    const whole = BigInt(source);
    if (BigInt.asIntN(64, whole) === whole || BigInt.asUintN(64, whole) === whole) return source;
  }
  return Number.isFinite(value) ? String(value) : source;
}

/** A number by its digits: as a double it would lose those beyond the 17th. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function write(value: unknown): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** "1.50e2" as "15e1": sign, digits without zeros at either end, exponent. */
function plain(source: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  if (kept === "") return "0";
  return `${sign}${kept}e${Number(exponent) - fraction.length + (digits.length - kept.length)}`;
}
