import assert from "node:assert/strict";
import { godwit, type CliOptions } from "../support/cli.ts";
import { crashAt, crashPoints, type CrashPoint } from "../support/crash.ts";
import { assertCopied, type Pairing, withBoth } from "./copy-scene.ts";
import { assertClean, evidence, type Evidence } from "./evidence.ts";
import { inParallel } from "./in-parallel.ts";
import { eventsOf, runWell } from "./program.ts";
import type { Seeded } from "./seeded.ts";

// With one worker at a time the points come in one order, so that the n-th passing is the same one each time.
const jobs = ["--jobs", "1"];

export interface Undisturbed {
  readonly points: readonly CrashPoint[];
  readonly end: Evidence;
}

/** What a copy passes that nobody kills, and how the target is then. */
export async function undisturbed(pairing: Pairing): Promise<Undisturbed> {
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

/**
 * Kills a copy at each of the points, and has the same command go on: it must reach the same end. Every other one is
 * killed again while it goes on, as early as the first kill or later.
 */
export async function killAtEach(
  pairing: Pairing,
  { points, end }: Undisturbed,
  chosen: readonly CrashPoint[],
  random: Seeded,
  width: number,
): Promise<void> {
  await inParallel([...chosen.entries()], width, ([index, point]) =>
    withBoth(pairing, async (scene) => {
      const { project, args, to: url } = scene;
      const options = { cwd: project.folder };
      const again = index % 2 === 0 ? undefined : points[random.below(Math.max(1, points.indexOf(point)))];
      try {
        await crashAt(point, [...args, ...jobs], options);
        // It may pass fewer points than before; then it simply ends.
        const hasEnded = again !== undefined && (await crashOrEnd(again, [...args, ...jobs], options));
        if (!hasEnded) {
          const ended = await runWell([...args, ...jobs], { url, project });
          const [renewed] = eventsOf(ended.lines, "snapshot:renewed");
          // The server may have been written to elsewhere; the tables that are copied were not.
          assert.deepEqual(renewed?.["tables"] ?? [], [], "the source was not written to");
        }
        await assertCopied(pairing, scene);
        assert.deepEqual(await evidence(pairing.target.name, url), end);
        await assertClean(pairing.target.name, url);
      } catch (error) {
        const at = [point, again].map((each) => (each ? `${each.name}:${each.nth}` : "")).join(" ");
        throw new Error(
          `${pairing.title}, killed at ${at} (seed ${random.seed}): ${(error as Error).message}`,
          {
            cause: error,
          },
        );
      }
    }),
  );
}

/** Whether the run came to its end without passing the point. */
async function crashOrEnd(point: CrashPoint, args: readonly string[], options: CliOptions): Promise<boolean> {
  const env = { ...options.env, GODWIT_CRASH_AT: `${point.name}:${point.nth}` };
  const { code, signal, stdout } = await godwit(args, { ...options, env });
  assert.ok(signal === "SIGKILL" || code === 0, stdout);
  return code === 0;
}
