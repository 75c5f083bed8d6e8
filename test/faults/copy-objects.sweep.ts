import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { TargetName } from "../support/servers.ts";
import { crashAt, type CrashPoint, crashPoints } from "../support/crash.ts";
import { pairings, withBoth, type Scene } from "./copy-scene.ts";
import { assertClean, evidence } from "./evidence.ts";
import { inParallel } from "./in-parallel.ts";
import { runWell } from "./program.ts";
import { seeded } from "./seeded.ts";

const sampled = 8;
const jobs = ["--jobs", "1"];

/** A view that is fine, one that gives other rows on most targets, one that reads it, and what is only drafted between engines. */
function statements(name: TargetName): string[] {
  const text = name === "mariadb" || name === "mysql" ? "varchar(40)" : "text";
  const trigger =
    name === "postgres"
      ? [
          "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := NEW.name; RETURN NEW; END'",
          "CREATE TRIGGER note BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION noted()",
        ]
      : name === "sqlite"
        ? ["CREATE TRIGGER note AFTER UPDATE ON item BEGIN DELETE FROM item WHERE id < 0; END"]
        : ["CREATE TRIGGER note BEFORE UPDATE ON item FOR EACH ROW SET NEW.note = NEW.name"];
  return [
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, name ${text}, note ${text})`,
    "INSERT INTO item VALUES (1, 'Ada', NULL), (2, 'adam', 'x')",
    "CREATE VIEW b_lower AS SELECT id, name FROM item WHERE name LIKE 'a%'",
    "CREATE VIEW a_names AS SELECT b.name FROM b_lower b",
    "CREATE VIEW counted AS SELECT count(*) AS n FROM item",
    ...trigger,
  ];
}

suite("a copy killed while it makes views and triggers", { timeout: 600_000 }, () => {
  for (const pairing of pairings) {
    test(`${pairing.title}: the same command reaches the same end`, { skip: pairing.skip }, async (t) => {
      const whole = await withBoth(
        pairing,
        async (scene) => {
          const points = await crashPoints([...scene.args, ...jobs], { cwd: scene.project.folder });
          const rows = points.findLastIndex(({ name }) => name === "chunk:after-commit");
          const inside = points.filter(({ name }, n) => n > rows && name !== "run:closed");
          return {
            points: inside,
            end: await evidence(pairing.target.name, scene.to),
            drafts: await draftsOf(scene),
          };
        },
        statements,
      );
      const random = seeded();
      const chosen: readonly CrashPoint[] = random.sample(whole.points, sampled);
      t.diagnostic(`seed ${random.seed}: ${chosen.length} of ${whole.points.length} points`);
      await inParallel(chosen, 2, (point) =>
        withBoth(
          pairing,
          async (scene) => {
            try {
              await crashAt(point, [...scene.args, ...jobs], { cwd: scene.project.folder });
              await runWell([...scene.args, ...jobs], { url: scene.to, project: scene.project });
              assert.deepEqual(await evidence(pairing.target.name, scene.to), whole.end);
              await assertClean(pairing.target.name, scene.to);
              // A view that was dropped before the kill is told without the rows that showed it.
              assert.deepEqual(plainReasons(await draftsOf(scene)), plainReasons(whole.drafts));
            } catch (error) {
              throw new Error(`killed at ${point.name}:${point.nth}: ${(error as Error).message}`, {
                cause: error,
              });
            }
          },
          statements,
        ),
      );
    });
  }
});

async function draftsOf({ project, to }: Scene): Promise<string> {
  const name = to
    .split("/")
    .at(-1)!
    .replace(/\.\w+$/, "")
    .replace(/\?.*$/, "");
  const text = await readFile(join(project.folder, `godwit-undone-${name}.sql`), "utf8").catch(() => "");
  return text.replaceAll(/^-- (from|to) .*$/gm, "");
}

function plainReasons(text: string): string {
  return text.replaceAll(/^(-- not copied: )(the source's gives|it did not give) .*$/gm, "$1other rows");
}
