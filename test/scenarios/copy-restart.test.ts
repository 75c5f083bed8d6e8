import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, type StampedEvent } from "../../src/index.ts";
import { assertClean, asker } from "../faults/evidence.ts";
import { contents, type Pairing, pairings, runSql, withBoth } from "../faults/copy-scene.ts";
import { crashAt } from "../support/crash.ts";

/*
 * A copy that was killed, and is not wanted any more as it was asked for: another one does not mix with it, goes on with
 * it by name, or begins anew without what it made.
 */
const wanted = new Set(["sqlite → postgres", "mysql → mysql", "postgres → sqlite"]);
const alone = { env: {}, cwd: import.meta.dirname };

for (const pairing of pairings.filter(({ title }) => wanted.has(title))) {
  test(
    `${pairing.title}: a killed copy is given up by --restart, with what it made`,
    { skip: pairing.skip },
    () =>
      withBoth(pairing, async (scene) => {
        const { from: source, to, project, args } = scene;
        const ask = asker(pairing.target.name, to);
        const killed = { cwd: project.folder };
        const ends = { ...alone, source, target: to };
        const assertSame = async () =>
          assert.deepEqual(
            await contents(pairing.target.name, to),
            await contents(pairing.source.name, source),
          );
        await crashAt({ name: "chunk:after-commit", nth: 3 }, [...args, "--jobs", "1"], killed);

        const [run] = await ask(`SELECT id FROM ${ledger(pairing, "run")}`);
        await assert.rejects(copy({ ...ends, tables: ["customer"] }), (error: Error & { hint?: string }) => {
          assert.match(error.message, new RegExp(`unfinished copy ${String(run?.["id"])}`));
          assert.match(String(error.hint), /--resume .*--restart/s);
          return true;
        });

        // Rows that somebody has written into a table of which the copy has no chunk yet.
        const [untouched] = await withoutChunks(pairing, ask);
        assert.ok(untouched !== undefined);
        await ask(rowFor(untouched));
        await assert.rejects(copy({ ...ends, restart: true }), {
          code: "GW7004",
          message: new RegExp(`${untouched} of .* holds rows that no copy has written`),
        });
        await ask(`DELETE FROM ${untouched}`);

        // Killed again while it begins: what the first one made is not forgotten.
        await crashAt({ name: "run:opened", nth: 1 }, [...args, "--restart", "--tables", "log"], killed);
        const { state } = await copy({ ...ends, tables: ["customer"], restart: true });
        assert.equal(state, "done");
        assert.deepEqual(await tables(pairing, ask), ["customer"]);
        const open = await ask(`SELECT id FROM ${ledger(pairing, "run")} WHERE state <> 'done'`);
        assert.deepEqual(open, []);
        await runSql(pairing.target.name, to, ["DROP TABLE customer"]);
        await copy(ends);
        await assertSame();

        // The same for a refresh: the tables that are there stay, those beside them go.
        await crashAt({ name: "chunk:after-commit", nth: 3 }, [...args, "--mode", "refresh"], killed);
        await assertSame();
        await copy({ ...ends, tables: ["log"], mode: "refresh", restart: true });
        await assertSame();
        assert.deepEqual(await tables(pairing, ask), ["customer", "log", "purchase", "vacant"]);
        await assertClean(pairing.target.name, to);
      }),
  );
}

for (const pairing of pairings.filter(({ title }) => title === "postgres → postgres")) {
  test(
    "a table or a view that somebody made since the kill is theirs, whatever its name",
    { skip: pairing.skip },
    () =>
      withBoth(
        pairing,
        async ({ from, to, project, args }) => {
          const ask = asker("postgres", to);
          const again = () => copy({ ...alone, source: from, target: to, restart: true });
          const killed = () => crashAt({ name: "chunk:after-commit", nth: 1 }, args, { cwd: project.folder });
          const mine = () => ask("SELECT (SELECT sum(id) FROM a) AS sum, (SELECT x FROM w) AS x");
          const refused = async (why: RegExp) => {
            const before = await mine();
            await assert.rejects(again(), { code: "GW7004", message: why });
            assert.deepEqual(await mine(), before);
          };
          await copy({ ...alone, source: from, target: to });
          await runSql("postgres", to, ["DROP VIEW w", "DROP TABLE a"]);
          await runSql("postgres", from, ["DELETE FROM a WHERE id = 3"]);
          await killed();
          await runSql("postgres", to, [
            "DROP TABLE a",
            "CREATE TABLE a (id int PRIMARY KEY, mine text)",
            "INSERT INTO a VALUES (7), (8)",
            "CREATE VIEW w AS SELECT 'mine' AS x",
          ]);
          await refused(/public\.a of .* has other columns than the copy gave it, so it is not dropped/);
          // As many rows as the copy before that one wrote, which counts no more.
          await runSql("postgres", to, ["ALTER TABLE a RENAME mine TO v", "INSERT INTO a VALUES (9)"]);
          await refused(/public\.a of .* holds rows that no copy has written \(3, and [12] were copied\)/);
          await runSql("postgres", to, ["DROP TABLE a"]);
          const { undone } = await again();
          assert.deepEqual(
            undone.map(({ what, name }) => `${what} ${name}`),
            ["view public.w"],
          );
          assert.deepEqual(
            (await mine()).map((row) => Object.values(row).map(String)),
            [["3", "mine"]],
          );

          // In place of the copy's own view, with the same column.
          await runSql("postgres", to, ["DROP VIEW w", "DROP TABLE a"]);
          const stop = new AbortController();
          const onEvent = (event: StampedEvent) => {
            if (event.type === "step:finished" && event.key === "objects/1") stop.abort();
          };
          await assert.rejects(copy({ ...alone, source: from, target: to, signal: stop.signal, onEvent }), {
            code: "GW4006",
          });
          await runSql("postgres", to, ["CREATE OR REPLACE VIEW w AS SELECT 7 AS id"]);
          assert.equal((await again()).undone.length, 1);
          assert.deepEqual(
            (await ask("SELECT id FROM w")).map((row) => row["id"]),
            [7],
          );
        },
        () => [
          "CREATE TABLE a (id int PRIMARY KEY, v text)",
          "INSERT INTO a VALUES (1, 'one'), (2, 'two'), (3, 'three')",
          "CREATE VIEW w AS SELECT id FROM a",
        ],
      ),
  );
}

for (const pairing of pairings.filter(({ title }) => title === "postgres → postgres")) {
  const schema = [
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE, v int)",
  ];
  test("foreign keys that a failed copy took away are named, and made again", { skip: pairing.skip }, () =>
    withBoth(
      pairing,
      async ({ from, to }) => {
        const ask = asker("postgres", to);
        const keys = () =>
          ask(
            "SELECT conname, convalidated, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'f'",
          );
        const ends = { ...alone, source: from, target: to, dataOnly: true, jobs: 1 } as const;
        await runSql("postgres", to, schema);
        const before = await keys();
        // With those that keep references, and those that take them away again.
        for (const mode of ["truncate", "upsert"] as const) {
          await runSql("postgres", to, ["ALTER TABLE child ADD CONSTRAINT small CHECK (v < 100) NOT VALID"]);
          await assert.rejects(copy({ ...ends, mode: "truncate" }), (error: Error & { hint?: string }) => {
            assert.match(
              error.message,
              /the target is without the foreign keys child_p_fkey of public\.child/,
            );
            assert.match(String(error.hint), /makes them again/);
            return true;
          });
          assert.deepEqual(await keys(), []);
          await runSql("postgres", to, ["ALTER TABLE child DROP CONSTRAINT small"]);
          await copy({ ...ends, mode, restart: true });
          assert.deepEqual(await keys(), before);
        }
        assert.equal((await ask("SELECT 1 FROM child JOIN parent ON parent.id = p")).length, 2);
      },
      () => [
        ...schema,
        "INSERT INTO parent VALUES (1), (2)",
        "INSERT INTO child VALUES (10, 1, 5), (11, 2, 500)",
      ],
    ),
  );
}

type Ask = ReturnType<typeof asker>;

function ledger({ target: { name } }: Pairing, table: string): string {
  return name === "postgres" ? `godwit.${table}` : `godwit_${table}`;
}

async function withoutChunks(pairing: Pairing, ask: Ask): Promise<string[]> {
  const rows = await ask(`SELECT DISTINCT table_name AS name FROM ${ledger(pairing, "chunk")}`);
  const cut = new Set(rows.map(({ name }) => String(name).replace(/^public\./, "")));
  return ["log", "purchase", "customer", "vacant"].filter((name) => !cut.has(name));
}

function rowFor(table: string): string {
  return table === "log"
    ? "INSERT INTO log (message, level) VALUES ('mine', 1)"
    : `INSERT INTO ${table} (id) VALUES (-1)`;
}

/** All tables, wherever they stand, but the ledger's. */
async function tables({ target: { name } }: Pairing, ask: Ask): Promise<string[]> {
  const text = {
    postgres:
      "SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema|godwit$)'",
    sqlite:
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'godwit_' AND name NOT LIKE 'godwit!_%' ESCAPE '!' AND name NOT LIKE 'sqlite%' UNION ALL SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'godwit!_new%' ESCAPE '!'",
    mariadb: "",
    mysql: "",
  }[name];
  const rows = await ask(
    text === ""
      ? "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE CONCAT(DATABASE(), '%') AND TABLE_NAME NOT LIKE 'godwit%'"
      : text,
  );
  return rows.map((row) => String(row["name"])).sort();
}
