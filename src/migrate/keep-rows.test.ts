import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import type { EngineId } from "../core/target.ts";
import { loadEngine } from "../engines/registry.ts";
import { readDirectives } from "./directives.ts";
import { keepingRows, type SnapshotPolicy } from "./keep-rows.ts";

async function kept(id: EngineId, text: string, policy: SnapshotPolicy = "declared"): Promise<string[]> {
  const engine = await loadEngine(id);
  await engine.syntax.load();
  const file = { engine, version: "7", applications: 0, database: "", policy, text, path: "f.sql" };
  try {
    const { marks } = readDirectives(engine, text, "f.sql");
    return keepingRows(file, engine.syntax.statements(text, "f.sql"), marks).map(({ keeps }) =>
      keeps === undefined
        ? "-"
        : `${keeps.change.action} ${keeps.change.table.name} ${keeps.change.assigns.join(",")}`.trim(),
    );
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    return [`${error.code} ${error.message}`];
  }
}

const mark = "-- godwit: snapshot\n";

test("a mark holds for the statement behind it, and for no other", async () => {
  const text = `UPDATE a SET n = 1;\n${mark}UPDATE b SET n = 1;\nDELETE FROM c;`;
  for (const id of ["postgres", "mysql", "sqlite"] as const) {
    assert.deepEqual(await kept(id, text), ["-", "update b n", "-"], id);
    assert.deepEqual(await kept(id, text, "always"), ["update a n", "update b n", "delete c"], id);
  }
  const out = "INSERT INTO a VALUES (1); -- godwit: no-snapshot\nUPDATE b SET n = 1;";
  assert.match(
    String(await kept("sqlite", out, "always")),
    /GW2010 f\.sql:1: no-snapshot stands behind a statement/,
  );
  assert.deepEqual(await kept("sqlite", out.replace("; --", ";\n--"), "always"), ["-", "-"]);
});

test("a mark that could be misread is refused", async () => {
  for (const [text, why] of [
    [`UPDATE a SET n = 1;\n${mark}`, "GW2010 f.sql:2: snapshot stands before no statement"],
    [`UPDATE a\n${mark}SET n = 1;`, "GW2010 f.sql:2: snapshot stands inside a statement"],
    ["-- godwit: restore\nUPDATE a SET n = 1;", "GW2010 f.sql:1: restore belongs in a down file"],
    ["-- godwit: snapshot now\nUPDATE a SET n = 1;", "GW2010 f.sql:1: unknown directive: snapshot now"],
  ] as const) {
    assert.deepEqual(await kept("postgres", text), [why]);
  }
});

test("what cannot be kept is refused by name, with the reason", async () => {
  const cases: readonly (readonly [EngineId, string, RegExp])[] = [
    ["postgres", "INSERT INTO a VALUES (1)", /INSERT changes no rows that are there/],
    ["postgres", "CREATE TABLE a (n int)", /CREATE TABLE changes no rows/],
    ["postgres", "INSERT INTO a VALUES (1) ON CONFLICT (n) DO UPDATE SET n = 2", /which of its rows are new/],
    [
      "postgres",
      "MERGE INTO a USING b ON a.n = b.n WHEN NOT MATCHED THEN INSERT VALUES (1)",
      /rows that a MERGE inserts/,
    ],
    [
      "postgres",
      "MERGE INTO a USING b ON a.n = b.n WHEN NOT MATCHED BY SOURCE THEN DELETE",
      /no row of the source/,
    ],
    ["postgres", "WITH x AS (DELETE FROM a RETURNING *) UPDATE b SET n = 1", /a DELETE in a WITH/],
    ["postgres", "TRUNCATE a", /TRUNCATE reads no rows/],
    ["mysql", "REPLACE INTO a VALUES (1)", /REPLACE deletes rows/],
    ["mysql", "INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE n = 2", /which of its rows are new/],
    ["mysql", "UPDATE a, b SET a.n = 1, b.n = 2", /more than one table/],
    ["mysql", "DELETE a, b FROM a JOIN b", /more than one table/],
    ["mysql", "UPDATE a JOIN b USING (n) SET m = 1", /write the table before each column/],
    ["mysql", "UPDATE a SET n = 1 WHERE (@x := @x + 1) < 5", /sets a variable/],
    ["mysql", "UPDATE a /*!50000 JOIN b */ SET n = 1", /a comment that holds code/],
    ["mysql", "TRUNCATE TABLE a", /TRUNCATE reads no rows/],
    ["sqlite", "INSERT OR REPLACE INTO a VALUES (1)", /REPLACE deletes rows/],
    ["sqlite", "UPDATE OR REPLACE a SET n = 1", /REPLACE deletes rows/],
    ["sqlite", "INSERT INTO a VALUES (1) ON CONFLICT (n) DO UPDATE SET n = 2", /which of its rows are new/],
    ["sqlite", "DELETE FROM temp.a", /not of the main database/],
  ];
  for (const [id, statement, why] of cases) {
    const [message] = await kept(id, `${mark}${statement};`);
    assert.match(message ?? "", /^GW8301 f\.sql:2: /, `${id}: ${statement}`);
    assert.match(message ?? "", why);
  }
});

test("the query for the rows has the statement's own tables and conditions", async () => {
  const rowsOf = async (id: EngineId, text: string) => {
    const engine = await loadEngine(id);
    await engine.syntax.load();
    const change = engine.rowSnapshot?.changeOf(text);
    assert.ok(change !== null && change !== undefined && "rows" in change, text);
    return change.rows.replaceAll(/\s+/g, " ");
  };
  assert.equal(
    await rowsOf(
      "postgres",
      "UPDATE t AS o SET a = b IS DISTINCT FROM c FROM u WHERE o.id = u.id -- x\nRETURNING *",
    ),
    'SELECT "o".tableoid, "o".ctid FROM t AS o , u WHERE o.id = u.id -- x',
  );
  assert.equal(
    await rowsOf("postgres", 'WITH k AS (SELECT 1) DELETE FROM ONLY s."T" WHERE id IN (SELECT * FROM k)'),
    'WITH k AS (SELECT 1) SELECT "T".* FROM ONLY s."T" WHERE id IN (SELECT * FROM k) FOR UPDATE OF "T"',
  );
  assert.equal(
    await rowsOf(
      "mysql",
      "UPDATE IGNORE `a``b` AS x SET n = 1, x.`m` = 2 WHERE n IN (SELECT n FROM c LIMIT 1) ORDER BY n LIMIT 3",
    ),
    "SELECT `x`.* FROM `a``b` AS x WHERE n IN (SELECT n FROM c LIMIT 1) ORDER BY n LIMIT 3 FOR UPDATE",
  );
  assert.equal(
    await rowsOf("mysql", "DELETE x FROM a AS x JOIN a AS y ON x.p = y.id WHERE y.gone"),
    "SELECT DISTINCT `x`.* FROM a AS x JOIN a AS y ON x.p = y.id WHERE y.gone FOR UPDATE",
  );
});
