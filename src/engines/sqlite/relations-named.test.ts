import assert from "node:assert/strict";
import { test } from "node:test";
import { relationsNamed } from "./relations-named.ts";

const named = (sql: string) => [...relationsNamed(sql)].toSorted();

test("the relations of a view are found wherever one may stand", () => {
  assert.deepEqual(
    named(`CREATE VIEW v AS WITH w AS (SELECT * FROM a1, (a2 LEFT JOIN "A 3" ON a2.x = c1, main.[a4]), a5 AS z)
      SELECT c2, (SELECT c3 FROM a6) FROM a7('text', c4), a8 WHERE c5 IN a9 AND c6 IN (c7, c8) ORDER BY c9, c10
      UNION SELECT c11, 'a10' FROM window /* a11 */ -- a12
      GROUP BY c12, c13`),
    ["a 3", "a1", "a2", "a4", "a5", "a6", "a7", "a8", "a9", "window"],
  );
});

test("whatever is not ASCII belongs to a name", () => {
  assert.deepEqual(named("CREATE VIEW v AS SELECT * FROM a\u{1f34e}b, e\u0301\u00a0f"), [
    "a\u{1f34e}b",
    "e\u0301\u00a0f",
  ]);
});

test("the relations of a trigger are found, and no columns", () => {
  assert.deepEqual(
    named(`CREATE TRIGGER t AFTER INSERT ON a0 WHEN new.c1 > 1 BEGIN
      INSERT INTO a1(c2, c3) VALUES (new.c4, 'x') ON CONFLICT (c5) DO UPDATE SET c6 = excluded.c6, c7 = 1;
      UPDATE OR IGNORE main.a2 SET c8 = a3.c9, c10 = 2 FROM a3, a4 WHERE a3.c11 = 1;
      DELETE FROM a5 WHERE c12 = old.c13;
      REPLACE INTO a6 SELECT c14, c15 FROM a7; END`),
    ["a1", "a2", "a3", "a4", "a5", "a6", "a7"],
  );
});
