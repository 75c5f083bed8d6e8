import assert from "node:assert/strict";
import { test } from "node:test";
import { objectText, withoutCounter } from "./dump.ts";
import { inDependencyOrder, withoutDatabase, withoutOwner } from "./inspect-objects.ts";
import { lockName } from "./lock.ts";
import { isMariaDb, versionNumber } from "./server-version.ts";
import { restoringAssignments } from "./session-settings.ts";
import { traits } from "./traits.ts";

test("lock names fit the server's limit and ignore case", () => {
  assert.equal(lockName("App"), "godwit:app");
  for (const database of ["x".repeat(64), "naïve", "\u{1f986}"]) {
    assert.match(lockName(database), /^godwit:[0-9a-f]{40}$/);
  }
  assert.notEqual(lockName("x".repeat(63)), lockName("x".repeat(64)));
});

test("versions", () => {
  assert.deepEqual(versionNumber("5.5.5-10.11.19-MariaDB-log"), { text: "10.11.19", parts: [10, 11, 19] });
  assert.deepEqual(versionNumber("8.4.3"), { text: "8.4.3", parts: [8, 4, 3] });
  assert.equal(isMariaDb("10.11.19-MariaDB"), true);
});

test("owners go, and only they", () => {
  assert.equal(
    withoutOwner("CREATE ALGORITHM=MERGE DEFINER=`a``b`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1"),
    "CREATE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW `v` AS select 1",
  );
  assert.equal(
    withoutOwner("CREATE DEFINER=`role` PROCEDURE p() SELECT ' DEFINER=`x`@`y`'"),
    "CREATE PROCEDURE p() SELECT ' DEFINER=`x`@`y`'",
  );
});

test("a sequence loses the name of its own database only", () => {
  assert.equal(withoutDatabase("nextval(`d`.`s`)", "d"), "nextval(`s`)");
  assert.equal(withoutDatabase("nextval(`e`.`s`)", "d"), "nextval(`e`.`s`)");
});

test("counters go, comments stay", () => {
  assert.equal(
    withoutCounter(
      "CREATE TABLE t (\n a int COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB AUTO_INCREMENT=7 COMMENT='x'",
    ),
    "CREATE TABLE t (\n a int COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB COMMENT='x'",
  );
});

test("a view stands after those it reads", () => {
  const view = (name: string, body: string) => ({
    kind: "view" as const,
    name,
    statement: body,
    sqlMode: "",
    charset: "",
    collation: "",
    timeZone: "",
  });
  const order = inDependencyOrder([view("a", "from `c`"), view("b", ""), view("c", "from `b`")]);
  assert.deepEqual(
    order.map((each) => each.name),
    ["b", "c", "a"],
  );
});

test("bodies get a delimiter that they do not hold, and their reading mode", () => {
  const routine = {
    kind: "routine" as const,
    name: "p",
    statement: "BEGIN SELECT '$$'; END",
    sqlMode: "ANSI_QUOTES,STRICT_TRANS_TABLES",
    charset: "",
    collation: "",
    timeZone: "",
  };
  assert.equal(
    objectText(routine),
    [
      "SET @old_sql_mode = @@sql_mode;",
      "SET sql_mode = 'ANSI_QUOTES';",
      "DELIMITER //",
      "BEGIN SELECT '$$'; END",
      "//",
      "DELIMITER ;",
      "SET sql_mode = @old_sql_mode;",
    ].join("\n"),
  );
});

test("only what changed is put back", () => {
  const wanted = new Map<string, unknown>([
    ["sql_mode", "STRICT_TRANS_TABLES"],
    ["autocommit", "1"],
    ["character_set_results", null],
  ]);
  const names = [...wanted.keys()];
  const same = { sql_mode: "STRICT_TRANS_TABLES", autocommit: 1, character_set_results: null, stopped: "0" };
  assert.deepEqual(restoringAssignments(names, wanted, same), []);
  assert.deepEqual(
    restoringAssignments(names, wanted, {
      sql_mode: "",
      autocommit: 0,
      character_set_results: "latin1",
      stopped: 1,
    }),
    [
      "SESSION sql_mode = 'STRICT_TRANS_TABLES'",
      "SESSION autocommit = 1",
      "SESSION character_set_results = NULL",
      "timestamp = DEFAULT",
    ],
  );
});

test("quoting", () => {
  assert.equal(traits.quote("a`b"), "`a``b`");
});
