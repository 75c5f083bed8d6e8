import { createHash } from "node:crypto";
import { isSweep } from "../support/laboratory/pairs.ts";

/** Numbers from a seed, so that a failed random choice can be made again: GODWIT_TEST_SEED=… */
export interface Seeded {
  readonly seed: number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** At most `count` members, in their order. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** Some of the members, others in each run of the tests; all of them in a sweep. The seed is printed. */
export function someOf<T>(items: readonly T[], count: number): T[] {
  if (isSweep) return [...items];
  const random = seeded();
  process.stdout.write(`seed ${random.seed}: ${count} of ${items.length}\n`);
  return random.sample(items, count);
}

export function seeded(): Seeded {
  const given = process.env["GODWIT_TEST_SEED"];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  let drawn = 0;
  const below = (limit: number): number =>
    createHash("sha256").update(`${seed} ${drawn++}`).digest().readUInt32BE() % limit;
  return {
    seed,
    below,
    sample(items, count) {
      const chosen = new Set<number>();
      while (chosen.size < Math.min(count, items.length)) chosen.add(below(items.length));
      return items.filter((_, index) => chosen.has(index));
    },
  };
}
