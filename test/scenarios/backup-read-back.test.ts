import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { backupCreate, backupRestore, type GodwitEvent } from "../../src/index.ts";
import { databaseOf } from "../support/backed-up.ts";
import { makeProject } from "../support/project.ts";
import { administer, target, withDatabase } from "../support/servers.ts";
import { refused } from "./scene.ts";

/* Of a restore, large tables are read back for the comparison while their indexes are built. */

const rows = 24_000;
const large = [
  "CREATE TABLE large (id int PRIMARY KEY, t varchar(300) UNIQUE, n int)",
  "CREATE INDEX large_n ON large (n)",
  "CREATE INDEX large_t_n ON large (t, n)",
  `INSERT INTO large SELECT i, repeat('x', 200) || i, i % 7 FROM generate_series(1, ${rows}) i`,
];

type Restore = (more?: Partial<Parameters<typeof backupRestore>[0]>) => ReturnType<typeof backupRestore>;

/** A backup of a database with a large table, and an empty database. */
async function withBackup(
  statements: readonly string[],
  play: (at: {
    readonly restore: Restore;
    readonly sql: (text: string) => Promise<readonly object[]>;
  }) => Promise<void>,
): Promise<void> {
  await using project = await makeProject();
  await withDatabase("postgres", async (source) => {
    await administer(
      "postgres",
      async (sql) => void (await sql([...large, ...statements].join("; "))),
      source,
    );
    const options = { cwd: project.folder, env: {} };
    const { file } = await backupCreate({ ...options, url: source });
    await withDatabase("postgres", (url) =>
      play({
        restore: (more = {}) =>
          backupRestore({ ...options, url, file, jobs: 2, confirm: databaseOf(url), ...more }),
        sql: (text) => administer("postgres", (sql) => sql(text), url),
      }),
    );
  });
}

const parts =
  "SELECT count(*)::int AS n FROM godwit.step WHERE title LIKE 'read %large back%' AND state = 'done'";

describe("a restored table", { skip: target("postgres").skip, concurrency: true }, () => {
  test("is read back in parts, which together are the whole table", () =>
    withBackup([], async ({ restore, sql }) => {
      const compared: unknown[] = [];
      const onEvent = (event: GodwitEvent) => {
        if (event.type === "table:compared") compared.push([event.rows, event.differences]);
      };
      assert.equal((await restore({ onEvent })).state, "done");
      assert.deepEqual(await sql(parts), [{ n: 2 }]);
      assert.deepEqual(compared, [[rows, 0]]);
      const indexes =
        "SELECT count(*)::int AS n FROM pg_index WHERE indrelid = 'large'::regclass AND indisvalid";
      assert.deepEqual(await sql(indexes), [{ n: 4 }]);
    }));

  test("is read anew by a run that goes on", () =>
    withBackup([], async ({ restore, sql }) => {
      const stop = new AbortController();
      const onEvent = (event: GodwitEvent) => {
        if (event.type === "unit:finished" && event.unit === "keys") stop.abort();
      };
      await refused(restore({ onEvent, signal: stop.signal }), "GW4006");
      assert.deepEqual(await sql(parts), [{ n: 2 }]);
      await sql("UPDATE large SET t = 'another' WHERE id = 3");
      await refused(restore(), "GW8207");
    }));

  test("is not taken as proved where stored views are filled later", () =>
    withBackup(
      [
        // To fill this view is to delete a row.
        "CREATE FUNCTION eat() RETURNS SETOF int LANGUAGE sql AS 'DELETE FROM large WHERE id = 5 RETURNING id'",
        "CREATE MATERIALIZED VIEW eaten AS SELECT * FROM eat()",
        `INSERT INTO large VALUES (5, 'again', 5)`,
      ],
      async ({ restore }) => {
        const error = await refused(restore(), "GW8207");
        assert.match(error.message, /large has 23999 rows, and the backup 24000/);
      },
    ));
});
