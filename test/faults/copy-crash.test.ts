import { suite, test } from "node:test";
import type { CrashPoint } from "../support/crash.ts";
import { killAtEach, undisturbed } from "./copy-crash.ts";
import { pairings } from "./copy-scene.ts";
import { seeded } from "./seeded.ts";

/**
 * A chunk's points at their first passing or at their last, and so many others, by a seed; shared out among the copies
 * into servers of one engine. The sweep has them all.
 */
const sampled = 2;

suite("a copy killed at a chunk's boundary", { concurrency: 2, timeout: 600_000 }, () => {
  for (const pairing of pairings) {
    test(`${pairing.title}: the same command reaches the same end`, { skip: pairing.skip }, async (t) => {
      const beside = pairings.filter(
        ({ target, skip }) => target.engine === pairing.target.engine && skip === false,
      );
      const calm = await undisturbed(pairing);
      const random = seeded();
      const last = new Map(calm.points.map(({ name, nth }) => [name, nth]));
      const wanted = new Map([...last].map(([name, nth]) => [name, random.below(2) === 0 ? 1 : nth]));
      const isBoundary = ({ name, nth }: CrashPoint): boolean =>
        name.startsWith("chunk:") && nth === wanted.get(name);
      const own = calm.points
        .filter(isBoundary)
        .filter((_, index) => index % beside.length === beside.indexOf(pairing));
      const others = calm.points.filter(({ name }) => !name.startsWith("chunk:"));
      const chosen = [...own, ...random.sample(others, sampled)];
      t.diagnostic(`seed ${random.seed}: ${chosen.length} of ${calm.points.length} points`);
      await killAtEach(pairing, calm, chosen, random, 2);
    });
  }
});
