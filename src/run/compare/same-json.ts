/** Whether two JSON texts mean the same: order of keys and white space do not count, every digit of a number does. */
export function sameJson(left: string, right: string): boolean {
  const [a, b] = [canonicalJson(left), canonicalJson(right)];
  return a !== null && a === b;
}

/** Keys sorted, numbers without a change of their digits but for the exponent and trailing zeros; null if it is no JSON. */
export function canonicalJson(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text, function (_, item: unknown, context?: { source?: string }) {
      return typeof item === "number" && context?.source !== undefined
        ? new Digits(plain(context.source))
        : item;
    } as Parameters<typeof JSON.parse>[1]);
  } catch {
    return null;
  }
  return write(value);
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
