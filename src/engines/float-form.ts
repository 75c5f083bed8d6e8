/*
 * From these on the shortest digits are not one text: halfway between two numbers a short decimal can stand, which
 * JavaScript reads as the even one and prints for it, and PostgreSQL does not.
 */
const ambiguousFrom = { 32: 2 ** 24, 64: 2 ** 53 } as const;

/**
 * The spelling of a float in a digest (see `DigestForm`): the shortest digits that read back as the same number, of a
 * great one 17 digits, which are exact; with an exponent where the contract has one.
 */
export function floatForm(value: number, bits: 32 | 64): string {
  const size = Math.abs(value);
  if (bits === 64 && (value === 0 || (size >= 1e-4 && size < 1e15))) return String(value);
  const exact = bits === 32 ? Math.fround(value) : value;
  if (exact === 0) return "0e0";
  if (!Number.isFinite(exact)) return String(exact);
  const text =
    size >= ambiguousFrom[bits]
      ? exact.toExponential(16).replace(/\.?0*e/, "e")
      : (bits === 32 ? shortestSingle(exact) : exact).toExponential();
  return text.replace("e+", "e");
}

/** The double with the fewest digits that is this value in single precision. */
function shortestSingle(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return halfToEven(value, digits, candidate);
  }
  return halfToEven(value, 9, Number(value.toPrecision(9)));
}

/** JavaScript rounds half of a digit up, servers to the even digit: 461886.625 is 461886.62 in eight digits. */
function halfToEven(value: number, digits: number, rounded: number): number {
  const exact = value.toPrecision(digits + 1);
  if (!/[02468]5(?:e|$)/.test(exact.replace(".", "")) || Number(exact) !== value) return rounded;
  const even = Number(exact.replace(/5(?=e|$)/, ""));
  return Math.fround(even) === value ? even : rounded;
}
