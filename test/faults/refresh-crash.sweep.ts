import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { crashAt, crashPoints, type CrashPoint } from "../support/crash.ts";
import { asker, assertClean } from "./evidence.ts";
import { assertCopied, type Pairing, pairings, runSql, type Scene, withBoth } from "./copy-scene.ts";
import { inParallel } from "./in-parallel.ts";
import { runWell } from "./program.ts";
import { seeded } from "./seeded.ts";

/** So many of the points from the swap on, by a seed, beside the first passing of each there. */
const sampled = 3;

// With one worker at a time the points come in one order, so that the n-th passing is the same one each time.
const more = ["--jobs", "1", "--mode", "refresh"];

suite("a refresh killed in its swap", () => {
  for (const pairing of pairings.filter(
    ({ source, target }) => source !== target || source.name === "mysql",
  )) {
    test(`${pairing.title}: the same command reaches the same end`, { skip: pairing.skip }, async (t) => {
      const points = await withRefresh(pairing, ({ project, args }) =>
        crashPoints([...args, ...more], { cwd: project.folder }),
      );
      const chosen = fromTheSwap(points);
      const random = seeded();
      const first = new Map(chosen.toReversed().map((point) => [point.name, point]));
      const killed = new Set([...first.values(), ...random.sample(chosen, sampled)]);
      t.diagnostic(`seed ${random.seed}: ${killed.size} of ${chosen.length} points`);
      await inParallel([...killed], 2, (point) =>
        withRefresh(pairing, async (scene) => {
          const { project, args, to: url } = scene;
          try {
            await crashAt(point, [...args, ...more], { cwd: project.folder });
            await runWell([...args, ...more], { url, project });
            await assertSwapped(pairing, scene);
          } catch (error) {
            throw new Error(`killed at ${point.name}:${point.nth}: ${(error as Error).message}`, {
              cause: error,
            });
          }
        }),
      );
    });
  }
});

/** After the comparison, whose record is the last one of a step of its own. Once the run is closed, the command is another refresh. */
function fromTheSwap(points: readonly CrashPoint[]): CrashPoint[] {
  const last = points.findLastIndex(({ name }) => name === "chunk:after-commit");
  return points.slice(last + 1).filter(({ name }) => name !== "run:closed");
}

/** A target that was copied to, has a reader, and whose source has changed since. */
function withRefresh<T>(pairing: Pairing, use: (scene: Scene) => Promise<T>): Promise<T> {
  return withBoth(pairing, async (scene) => {
    const { project, args, to: url, from } = scene;
    await runWell(args, { url, project });
    await runSql(pairing.target.name, url, [
      "CREATE VIEW spent AS SELECT customer, sum(amount) AS amount FROM purchase GROUP BY customer",
    ]);
    await runSql(pairing.source.name, from, [
      "DELETE FROM purchase WHERE id > 100",
      "UPDATE customer SET note = 'changed' WHERE id < 50",
    ]);
    return use(scene);
  });
}

async function assertSwapped(pairing: Pairing, scene: Scene): Promise<void> {
  await assertCopied(pairing, scene);
  const { name } = pairing.target;
  const ask = asker(name, scene.to);
  assert.equal((await ask("SELECT * FROM spent")).length, 50);
  const rooms =
    name === "postgres"
      ? "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'godwit_new%'"
      : name === "sqlite"
        ? "SELECT 1 FROM sqlite_schema WHERE name LIKE 'godwit_new%'"
        : "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE CONCAT(DATABASE(), '_godwit_%')";
  assert.deepEqual(await ask(rooms), [], "the room is left");
  await assertClean(name, scene.to);
}
