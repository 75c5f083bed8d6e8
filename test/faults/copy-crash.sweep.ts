import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { godwit, type CliOptions } from "../support/cli.ts";
import { crashAt, crashPoints, type CrashPoint } from "../support/crash.ts";
import { assertClean, evidence, type Evidence } from "./evidence.ts";
import { assertCopied, pairings, withBoth } from "./copy-scene.ts";
import { inParallel } from "./in-parallel.ts";
import { eventsOf, runWell } from "./program.ts";
import { seeded } from "./seeded.ts";

/** Every named point is tried at its first passing, one of a chunk at its last as well; so many others, by a seed. */
const sampled = 4;
const width = 2;

// With one worker at a time the points come in one order, so that the n-th passing is the same one each time.
const jobs = ["--jobs", "1"];

suite("a copy killed at every point", { timeout: 600_000 }, () => {
  for (const pairing of pairings) {
    test(`${pairing.title}: the same command reaches the same end`, { skip: pairing.skip }, async (t) => {
      const { points, end } = await undisturbed(pairing);
      const random = seeded();
      const chosen = choose(points, (items) => random.sample(items, sampled));
      t.diagnostic(`seed ${random.seed}: ${chosen.length} of ${points.length} points`);
      await inParallel([...chosen.entries()], width, ([index, point]) =>
        withBoth(pairing, async (scene) => {
          const { project, args, to: url } = scene;
          const options = { cwd: project.folder };
          // Every other one is killed again while it goes on, as early as the first kill or later.
          const again =
            index % 2 === 0 ? undefined : points[random.below(Math.max(1, points.indexOf(point)))];
          try {
            await crashAt(point, [...args, ...jobs], options);
            // It may pass fewer points than before; then it simply ends.
            const hasEnded = again !== undefined && (await crashOrEnd(again, [...args, ...jobs], options));
            if (!hasEnded) {
              const ended = await runWell([...args, ...jobs], { url, project });
              assert.deepEqual(
                eventsOf(ended.lines, "snapshot:renewed"),
                [],
                "the source was not written to",
              );
            }
            await assertCopied(pairing, scene);
            assert.deepEqual(await evidence(pairing.target.name, url), end);
            await assertClean(pairing.target.name, url);
          } catch (error) {
            const at = [point, again].map((each) => (each ? `${each.name}:${each.nth}` : "")).join(" ");
            throw new Error(`killed at ${at} (seed ${random.seed}): ${(error as Error).message}`, {
              cause: error,
            });
          }
        }),
      );
    });
  }
});

async function undisturbed(
  pairing: (typeof pairings)[number],
): Promise<{ points: readonly CrashPoint[]; end: Evidence }> {
  return withBoth(pairing, async (scene) => {
    const points = await crashPoints([...scene.args, ...jobs], { cwd: scene.project.folder });
    await assertCopied(pairing, scene);
    const chunks = points.filter(({ name }) => name === "chunk:after-commit").length;
    assert.ok(chunks > 8, `only ${chunks} chunks: the tables are not cut`);
    // Once the run is closed, the same command is another copy, which finds the tables there.
    const inside = points.filter(({ name }) => name !== "run:closed");
    return { points: inside, end: await evidence(pairing.target.name, scene.to) };
  });
}

/** Whether the run came to its end without passing the point. */
async function crashOrEnd(point: CrashPoint, args: readonly string[], options: CliOptions): Promise<boolean> {
  const env = { ...options.env, GODWIT_CRASH_AT: `${point.name}:${point.nth}` };
  const { code, signal, stdout } = await godwit(args, { ...options, env });
  assert.ok(signal === "SIGKILL" || code === 0, stdout);
  return code === 0;
}

function choose(
  points: readonly CrashPoint[],
  sample: (points: readonly CrashPoint[]) => CrashPoint[],
): CrashPoint[] {
  const last = new Map(points.map(({ name, nth }) => [name, nth]));
  const must = ({ name, nth }: CrashPoint): boolean =>
    nth === 1 || (name.startsWith("chunk:") && nth === last.get(name));
  const extra = new Set(sample(points.filter((point) => !must(point))));
  return points.filter((point) => must(point) || extra.has(point));
}
