import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { crashAt, crashPoints, type CrashPoint } from "../support/crash.ts";
import { makeProject, type Project } from "../support/project.ts";
import { isSweep } from "../support/laboratory/pairs.ts";
import { target, targets, type TargetName } from "../support/servers.ts";
import { assertClean, evidence, type Evidence } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { inParallel } from "./in-parallel.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, cliOptions, rollbackArgs, runWell } from "./program.ts";
import { type Seeded, seeded, someOf } from "./seeded.ts";

/**
 * Every named point is tried at its first or its last passing, and so many of all passings besides; by a seed. Two
 * engines with transactional DDL share the named points out, and two without: each point is tried on one of either kind.
 */
const sampled = isSweep ? Infinity : 2;
const sharing: readonly (readonly TargetName[])[] = [
  ["postgres", "sqlite"],
  ["mariadb", "mysql"],
];
const width = 3;
/** Who of the two begins. */
const turn = seeded().below(2);

// Two engines at once: the one waits for its disk while the other computes.
suite("killed at every point", { concurrency: 2, timeout: 600_000 }, () => {
  for (const { name, skip } of targets) {
    test(`${name}: apply and rollback reach the same end`, { skip }, async (t) => {
      await using project = await makeProject(fixtures[name]);
      const undisturbed = await observe(name, project);
      const random = seeded();
      const up = choose(name, undisturbed.upPoints, random);
      const down = choose(name, undisturbed.downPoints, random);
      t.diagnostic(
        `seed ${random.seed}: ${up.length} of ${undisturbed.upPoints.length} points up, ` +
          `${down.length} of ${undisturbed.downPoints.length} down`,
      );
      // One database serves a crash on the way up and one on the way down, as long as there are both.
      const pairs = Array.from({ length: Math.max(up.length, down.length) }, (_, index) => ({
        upAt: up[index],
        downAt: down[index],
      }));
      await inParallel(pairs, width, (pair) =>
        withOwnDatabase(name, async (url) => {
          const options = cliOptions({ url, project });
          const at = `${label(pair.upAt)} up, ${label(pair.downAt)} down (seed ${random.seed})`;
          try {
            if (pair.upAt !== undefined) await crashAt(pair.upAt, applyArgs, options);
            await runWell(applyArgs, { url, project });
            await assertSame(name, url, undisturbed.up);
            if (pair.downAt === undefined) return;
            await crashAt(pair.downAt, rollbackArgs, options);
            await runWell(rollbackArgs, { url, project });
            await assertSame(name, url, undisturbed.down);
          } catch (error) {
            throw new Error(`killed at ${at}: ${(error as Error).message}`, { cause: error });
          }
        }),
      );
    });
  }
});

// MariaDB and MySQL are one engine, and a rollback is the ledger's work.
for (const { name, skip } of targets.filter(
  (each) => each.name !== "mysql" || target("mariadb").skip !== false,
)) {
  test(`${name}: the same rollback again, after a kill, undoes no more`, { skip }, async () => {
    const rollback = ["rollback", "--yes", "--json", "--no-schema-file"];
    const numbers = Array.from({ length: 40 }, (_, n) => String(n + 1).padStart(2, "0"));
    await using project = await makeProject(
      Object.fromEntries(
        numbers.flatMap((n) => [
          [`migrations/202601010000${n}_t${n}.up.sql`, `CREATE TABLE t${n} (id int);`],
          [`migrations/202601010000${n}_t${n}.down.sql`, `DROP TABLE t${n};`],
        ]),
      ),
    );
    await withOwnDatabase(name, async (url) => {
      const options = cliOptions({ url, project });
      await runWell(applyArgs, { url, project });
      let left = numbers.length;
      const assertLeft = async (at: string) => {
        const { rows } = await evidence(name, url);
        assert.equal(Object.keys(rows).length, left, at);
      };
      const points = await crashPoints(rollback, options);
      left -= 1;
      await assertLeft("one is undone");
      // Once the run is closed, the same command is another rollback.
      const inside = points.filter((point) => point.name !== "run:closed");
      assert.ok(inside.length > 5 && inside.length < left, `${inside.length} points`);
      for (const point of someOf(inside, 5)) {
        await crashAt(point, rollback, options);
        await runWell(rollback, { url, project });
        left -= 1;
        await assertLeft(`killed at ${label(point)}: one more is undone`);
      }
      await assertClean(name, url);
    });
  });
}

interface Undisturbed {
  readonly up: Evidence;
  readonly down: Evidence;
  readonly upPoints: readonly CrashPoint[];
  readonly downPoints: readonly CrashPoint[];
}

async function observe(name: TargetName, project: Project): Promise<Undisturbed> {
  return withOwnDatabase(name, async (url) => {
    const options = cliOptions({ url, project });
    const upPoints = await crashPoints(applyArgs, options);
    const up = await evidence(name, url);
    const downPoints = await crashPoints(rollbackArgs, options);
    const down = await evidence(name, url);
    await assertClean(name, url);
    assert.ok(upPoints.length > 10, "the run passed too few points to be the one meant");
    assert.equal(up.history.length, 4);
    return { up, down, upPoints, downPoints };
  });
}

async function assertSame(name: TargetName, url: string, expected: Evidence): Promise<void> {
  assert.deepEqual(await evidence(name, url), expected);
  await assertClean(name, url);
}

function choose(engine: TargetName, points: readonly CrashPoint[], random: Seeded): CrashPoint[] {
  const last = new Map(points.map(({ name, nth }) => [name, nth]));
  const partners = sharing.find((names) => names.includes(engine))!;
  const isShared = partners.every((partner) => target(partner).skip === false);
  const share = [...last].filter((_, index) => !isShared || partners[(index + turn) % 2] === engine);
  const wanted = new Map(share.map(([name, nth]) => [name, random.below(2) === 0 ? 1 : nth]));
  const must = ({ name, nth }: CrashPoint): boolean => nth === wanted.get(name);
  const extra = new Set(
    random.sample(
      points.filter((point) => !must(point)),
      sampled,
    ),
  );
  return points.filter((point) => must(point) || extra.has(point));
}

function label(point: CrashPoint | undefined): string {
  return point === undefined ? "not" : `${point.name}:${point.nth}`;
}
