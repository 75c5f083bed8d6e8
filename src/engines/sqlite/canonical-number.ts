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
