/** The shortest digits that read back as the same double, with an exponent where JavaScript writes one; -0 is "-0". */
export function shortestFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  return String(value);
}

/** The same without an exponent: "0.000015", "1200000000000000000000". NaN and Infinity by name. */
export function plainDecimal(value: number): string {
  if (value === 0) return "0";
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", rest = "", exponent = "0"] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length
    ? sign + digits.padEnd(point, "0")
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The contract's spelling for digests: shortest digits, with an exponent where the contract has one. */
export function digestFloat(value: number, bits: 32 | 64): string {
  const size = Math.abs(value);
  if (bits === 64 && (value === 0 || (size >= 1e-4 && size < 1e15))) return String(value);
  const exact = bits === 32 ? shortestSingle(value) : value;
  if (exact === 0) return "0e0";
  if (!Number.isFinite(exact)) return String(exact);
  return exact.toExponential().replace("e+", "e");
}

/** A double whose shortest digits are those of the single-precision value. */
function shortestSingle(value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(single) || single === 0) return single;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) return candidate;
  }
  return Number(single.toPrecision(9));
}
