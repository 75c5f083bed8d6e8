import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { type Lexicon, mysqlLexicon, postgresLexicon, sqliteLexicon } from "./lexicon.ts";
import { splitStatements } from "./split.ts";

function pieces(text: string, lexicon: Lexicon): string[] {
  return splitStatements(text, lexicon, "f.sql").map((piece) => piece.text);
}

/** Statements that are joined and must come back one by one. */
function comesBack(statements: readonly string[], lexicon: Lexicon): void {
  assert.deepEqual(pieces(statements.join(";\n"), lexicon), statements);
  assert.deepEqual(pieces(`${statements.join(" ; ; -- c\n")};`, lexicon), statements);
}

function fails(text: string, lexicon: Lexicon, code: string, place: string): void {
  assert.throws(
    () => splitStatements(text, lexicon, "f.sql"),
    (error) => {
      assert.ok(error instanceof GodwitError);
      assert.equal(error.code, code);
      assert.ok(error.message.startsWith(`f.sql${place}`), error.message);
      return true;
    },
  );
}

test("offsets and lines with a byte order mark, CRLF and non-ASCII text", () => {
  const text = "\uFEFF-- é\r\nSELECT '😀;' ;\r\n\r\n /* x */ SELECT 2 -- y\r\n;";
  const found = splitStatements(text, postgresLexicon, "f.sql");
  assert.deepEqual(
    found.map(({ text: sql, line, offset }) => ({ sql, line, same: text.startsWith(sql, offset) })),
    [
      { sql: "SELECT '😀;'", line: 2, same: true },
      { sql: "SELECT 2", line: 4, same: true },
    ],
  );
});

test("PostgreSQL bodies", () => {
  comesBack(
    [
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT CASE WHEN a THEN b.end END FROM b; END",
      "CREATE OR REPLACE PROCEDURE p() BEGIN /* x */ ATOMIC END",
      "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
      "CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN; $$;$$ END $x$",
      "BEGIN",
      "CREATE TABLE begin_atomic (atomic int)",
      "COPY (SELECT 1 FROM stdin) TO '/tmp/x'",
      "END",
    ],
    postgresLexicon,
  );
});

test("MySQL compound statements without a DELIMITER", () => {
  comesBack(
    [
      "CREATE PROCEDURE p(a INT) BEGIN IF a THEN SELECT IF(1,2,3); ELSEIF b THEN BEGIN END; ELSE CASE a WHEN 1 THEN SELECT 1; END CASE; END IF; END",
      "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN end > begin THEN 1 ELSE CASE 2 WHEN 2 THEN 3 END END; SELECT t.end, end FROM t; END",
      "CREATE PROCEDURE p() BEGIN l: WHILE x DO SET a = REPEAT('x', 2); END WHILE l; REPEAT SET x = 1; UNTIL CASE WHEN 1 THEN 2 END END REPEAT; l: LOOP LEAVE l; END LOOP l; DO IF(a,b,c); END",
      "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE '02000' BEGIN SET x = 1; END; DECLARE EXIT HANDLER FOR SQLEXCEPTION SET y = IF(1,2,3); DECLARE c CURSOR FOR SELECT 1; END",
      "CREATE PROCEDURE p() IF a THEN SELECT 1; ELSE IF b THEN SELECT 2; END IF; END IF",
      "CREATE DEFINER=`root`@`localhost` TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS u BEGIN SET NEW.a = 1; END",
      "CREATE OR REPLACE TRIGGER t AFTER DELETE ON x FOR EACH ROW SET @a = CASE WHEN 1 THEN 2 END",
      "CREATE DEFINER=CURRENT_USER() EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END",
      "ALTER EVENT e DO l: BEGIN SELECT 1; END l",
      "CREATE FUNCTION f(a VARCHAR(9) CHARACTER SET utf8) RETURNS SET('a') CHARSET utf8 DETERMINISTIC RETURN IF(a,b,c)",
      "CREATE FUNCTION f() RETURNS INT READS SQL DATA COMMENT 'x' l: BEGIN RETURN 1; END l",
      "CREATE FUNCTION f() RETURNS VARCHAR(9) CHARACTER SET utf8 BEGIN RETURN 1; END",
      "CREATE FUNCTION f(a INT) RETURNS INT RETURN a IS NULL",
      "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'",
      "BEGIN NOT ATOMIC DECLARE x INT; BEGIN NOT ATOMIC SELECT 1; END; END",
      "IF @x THEN SELECT 1; END IF",
      "CREATE PROCEDURE p() BEGIN FOR i IN 1..3 DO SELECT i; END FOR; END",
      "CREATE TABLE begin (end INT)",
      "BEGIN",
      "SELECT begin, end FROM begin",
      "END",
    ],
    mysqlLexicon,
  );
});

test("MariaDB's Oracle mode", () => {
  comesBack(
    [
      "CREATE OR REPLACE PACKAGE p AS PROCEDURE a; FUNCTION b RETURN INT; END",
      "CREATE PACKAGE BODY p AS x INT; PROCEDURE a AS y INT; BEGIN SELECT 1; END; BEGIN x := 1; END",
      "CREATE PROCEDURE p AS BEGIN FOR i IN 1..10 LOOP SELECT i; END LOOP; EXCEPTION WHEN OTHERS THEN BEGIN NULL; END; END",
      "CREATE FUNCTION f(a INT) RETURN INT AS x INT; BEGIN RETURN 1; END",
      "SELECT 1",
    ],
    mysqlLexicon,
  );
});

test("DELIMITER, and comments that hold code", () => {
  const dump = [
    "/*!40101 SET NAMES utf8mb4 */;",
    "DELIMITER ;;",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET NEW.a = 1; END */;;",
    "DELIMITER //",
    "CREATE PROCEDURE p() BEGIN SELECT 1; END//",
    "SELECT '//' //",
    "delimiter ;",
    "/*!50003 CREATE PROCEDURE q() BEGIN SELECT 1; END */;",
    "DELIMITER $$",
    "SELECT 2",
  ].join("\n");
  assert.deepEqual(pieces(dump, mysqlLexicon), [
    "/*!40101 SET NAMES utf8mb4 */",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET NEW.a = 1; END */",
    "CREATE PROCEDURE p() BEGIN SELECT 1; END",
    "SELECT '//'",
    "/*!50003 CREATE PROCEDURE q() BEGIN SELECT 1; END */",
    "SELECT 2",
  ]);
});

test("under another DELIMITER nothing else counts", () => {
  assert.deepEqual(pieces("DELIMITER //\nCREATE PROCEDURE p() BEGIN x//\nBEGIN NOT ATOMIC y", mysqlLexicon), [
    "CREATE PROCEDURE p() BEGIN x",
    "BEGIN NOT ATOMIC y",
  ]);
});

test("SQLite runs the pieces one by one, and knows each as one whole statement", () => {
  const statements = [
    "CREATE TABLE [a;b] (id INTEGER PRIMARY KEY, \"end\" TEXT DEFAULT 'x;y', `c``;` INT)",
    "CREATE TRIGGER t AFTER INSERT ON [a;b] BEGIN UPDATE [a;b] SET \"end\" = CASE WHEN 1 THEN ';' ELSE 'b' END; DELETE FROM [a;b] WHERE id < 0; END",
    'CREATE TEMP TRIGGER begin AFTER UPDATE ON "a;b" BEGIN SELECT 1; END',
    "INSERT INTO \"a;b\" (\"end\") VALUES ('it''s; /* no comment */ -- neither')",
    "SELECT x'3b', 1.5e3, \"end\" /* ; */ FROM [a;b]",
    "PRAGMA user_version = 3",
  ];
  comesBack(statements, sqliteLexicon);
  using database = new DatabaseSync(":memory:");
  for (const piece of pieces(`${statements.join(";;\r\n")};`, sqliteLexicon)) {
    const prepared = database.prepare(piece);
    // What SQLite compiled: it stops at the end of the first statement.
    assert.equal(prepared.sourceSQL, piece);
    prepared.all();
  }
  assert.equal(database.prepare("SELECT count(*) AS n FROM [a;b]").get()?.["n"], 1);
});

test("what has no end is told with its place", () => {
  fails("SELECT 1;\n  SELECT 'é' || 'x", postgresLexicon, "GW2005", ":2:17:");
  fails("SELECT 1;\n/* a /* b */", postgresLexicon, "GW2005", ":2:1:");
  fails("SELECT $a$ x $b$", postgresLexicon, "GW2005", ":1:8:");
  fails('SELECT "x', postgresLexicon, "GW2005", ":1:8:");
  fails("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;", postgresLexicon, "GW2005", ":1:1:");
  fails("SELECT 1;\nCREATE PROCEDURE p() BEGIN SELECT 1;", mysqlLexicon, "GW2005", ":2:1:");
  fails("SELECT 'a\\'", mysqlLexicon, "GW2005", ":1:8:");
  fails("/*!50003 SELECT 1;", mysqlLexicon, "GW2005", ":1:1:");
  fails("SELECT [a", sqliteLexicon, "GW2005", ":1:8:");
  fails("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1;", sqliteLexicon, "GW2005", ":1:1:");
});

test("client commands are told with their place", () => {
  fails("SELECT 1;\n\\connect other", postgresLexicon, "GW2006", ":2:1:");
  fails("SELECT 1 \\gexec", postgresLexicon, "GW2006", ":1:10:");
  fails("SELECT 1;\nCOPY t (a) FROM STDIN;\nit's\t$$\n\\.", postgresLexicon, "GW2006", ":2:1:");
  fails("COPY t TO STDOUT", postgresLexicon, "GW2006", ":1:1:");
  fails("SELECT 1;\nsource it's.sql", mysqlLexicon, "GW2006", ":2:1:");
  fails("\\. x.sql", mysqlLexicon, "GW2006", ":1:1:");
  fails("SELECT 1\\G", mysqlLexicon, "GW2006", ":1:9:");
  fails("DELIMITER", mysqlLexicon, "GW2006", ":1:1:");
  fails("SELECT 1;\n .import it's", sqliteLexicon, "GW2006", ":2:2:");
});

test("nothing to run, and NUL characters", () => {
  fails(" ;; -- x\n/* y */", postgresLexicon, "GW2004", " ");
  fails("", sqliteLexicon, "GW2004", " ");
  fails("DELIMITER //\n", mysqlLexicon, "GW2004", " ");
  fails("SELECT 1;\nSELECT\0 2", sqliteLexicon, "GW2003", ":2:7:");
});
