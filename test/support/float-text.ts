/** A double as a digest spells it, by another way than the program: of a great one as the integer that it is. */
export function floatText(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e15)) return String(value + 0);
  if (size < 2 ** 53) return value.toExponential().replace("e+", "e");
  const digits = String(BigInt(size));
  const rounded = String((BigInt(digits.slice(0, 18).padEnd(18, "0")) + 5n) / 10n);
  const exponent = digits.length - 1 + (rounded.length - 17);
  const mantissa = `${rounded[0]}.${rounded.slice(1)}`.replace(/\.?0+$/, "");
  return `${value < 0 ? "-" : ""}${mantissa}e${exponent}`;
}
