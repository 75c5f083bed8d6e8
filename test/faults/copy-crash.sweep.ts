import { suite, test } from "node:test";
import type { CrashPoint } from "../support/crash.ts";
import { killAtEach, undisturbed } from "./copy-crash.ts";
import { pairings } from "./copy-scene.ts";
import { seeded } from "./seeded.ts";

/** Every named point is tried at its first passing, those of chunks at each; so many others, by a seed. */
const sampled = 8;

suite("a copy killed at every point", { timeout: 3_000_000 }, () => {
  for (const pairing of pairings) {
    test(`${pairing.title}: the same command reaches the same end`, { skip: pairing.skip }, async (t) => {
      const calm = await undisturbed(pairing);
      const random = seeded();
      const must = ({ name, nth }: CrashPoint): boolean => nth === 1 || name.startsWith("chunk:");
      const extra = random.sample(
        calm.points.filter((point) => !must(point)),
        sampled,
      );
      const chosen = calm.points.filter((point) => must(point) || extra.includes(point));
      t.diagnostic(`seed ${random.seed}: ${chosen.length} of ${calm.points.length} points`);
      await killAtEach(pairing, calm, chosen, random, 2);
    });
  }
});
