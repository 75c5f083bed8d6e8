import type { Integer } from "./model.ts";

/** Of 64 bits, which is what MessagePack holds. */
export const leastInteger = -(2n ** 63n);
export const mostInteger = 2n ** 64n - 1n;

/** A number where it is exact, so that each value has one form. */
export function integerOf(value: bigint): Integer {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
