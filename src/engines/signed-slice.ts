import type { Slice } from "./data-roles.ts";

type KeySlice = Extract<Slice, { by: "key" }>;

const greatest = 2n ** 63n - 1n;
const least = -(2n ** 63n);

/**
 * The same part of a key, for a server that has no integers beyond 64 bits with a sign: before the least one is before
 * all of them, and behind the greatest there is none.
 */
export function signedSlice({ after, upTo }: KeySlice): Pick<KeySlice, "after" | "upTo"> {
  return {
    after:
      after === null || BigInt(after) < least ? null : BigInt(after) > greatest ? String(greatest) : after,
    upTo: upTo === null || BigInt(upTo) > greatest ? null : upTo,
  };
}
