import assert from "node:assert/strict";
import { test } from "node:test";
import { copy } from "../../src/index.ts";
import { runSql } from "../faults/copy-scene.ts";
import { asker } from "../faults/evidence.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import type { CopyPlan } from "../../src/copy/index.ts";
import { godwit } from "../support/cli.ts";
import { withPair } from "../support/laboratory/pair.ts";
import { administer, target } from "../support/servers.ts";

test(
  "a collation without case goes along where it decides which rows are one, and nowhere else",
  {
    skip: target("mariadb").skip || target("postgres").skip,
  },
  () =>
    withOwnDatabase("mariadb", async (from) => {
      await runSql("mariadb", from, [
        `CREATE TABLE person (email varchar(40) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY,
        name varchar(40) COLLATE utf8mb4_general_ci, KEY person_name (name))`,
        `CREATE TABLE visit (id int PRIMARY KEY, person varchar(40) COLLATE utf8mb4_general_ci, KEY (person),
        FOREIGN KEY (person) REFERENCES person (email))`,
        "INSERT INTO person VALUES ('Ada@x', 'Ada'), ('bo@x', 'Bo')",
        "INSERT INTO visit VALUES (1, 'ada@X')",
      ]);
      await withOwnDatabase("postgres", async (to) => {
        await copy({ env: {}, cwd: import.meta.dirname, source: from, target: to });
        const ask = asker("postgres", to);
        const columns = await ask(
          `SELECT table_name || '.' || column_name AS name, collation_name FROM information_schema.columns
          WHERE table_schema = 'public' AND collation_name IS NOT NULL ORDER BY 1`,
        );
        assert.deepEqual(
          columns.map(({ name }) => name),
          ["person.email", "visit.person"],
        );
        // Whatever the server's version, a pattern can be looked for in an ordinary index's column.
        assert.deepEqual(await ask("SELECT email FROM person WHERE name LIKE 'A%'"), [{ email: "Ada@x" }]);
        assert.deepEqual(await ask("SELECT v.id FROM visit v JOIN person p ON p.email = v.person"), [
          { id: 1 },
        ]);
      });
    }),
);

/** By collation: what it becomes, and what is said of that; null: its rules stay, and nothing is said. */
const between: Readonly<Record<"mariadb" | "mysql", readonly (readonly [string, string, string | null])[]>> =
  {
    mysql: [
      ["utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci", "orders some characters otherwise"],
      ["utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_as_cs", "orders some characters otherwise"],
      ["utf8mb4_0900_as_ci", "utf8mb4_uca1400_nopad_as_ci", "orders some characters otherwise"],
      ["utf8mb4_0900_bin", "utf8mb4_nopad_bin", null],
      ["utf8mb4_de_pb_0900_as_cs", "utf8mb4_uca1400_german2_nopad_as_cs", "orders some characters otherwise"],
      ["utf8mb4_ru_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci", "does not know the order of ru"],
      ["utf8mb4_swedish_ci", "utf8mb4_swedish_ci", null],
      ["utf8mb3_general_ci", "utf8mb4_general_ci", null],
      ["utf8mb3_tolower_ci", "utf8mb4_uca1400_as_ci", "orders some characters otherwise"],
      ["utf8mb4_croatian_ci", "utf8mb4_croatian_mysql561_ci", null],
      ["latin1_bin", "utf8mb4_bin", null],
      ["latin1_swedish_ci", "utf8mb4_swedish_ci", "orders some characters otherwise"],
      ["latin1_general_cs", "utf8mb4_uca1400_as_cs", "orders some characters otherwise"],
    ],
    mariadb: [
      ["utf8mb4_uca1400_ai_ci", "utf8mb4_unicode_520_ci", "orders some characters otherwise"],
      ["utf8mb4_uca1400_as_cs", "utf8mb4_0900_as_cs", "counts trailing spaces"],
      ["utf8mb4_uca1400_ai_cs", "utf8mb4_0900_as_cs", "tells accents apart and counts trailing spaces"],
      ["utf8mb4_uca1400_german2_nopad_as_cs", "utf8mb4_de_pb_0900_as_cs", "orders some characters otherwise"],
      ["utf8mb4_uca1400_german2_nopad_as_ci", "utf8mb4_0900_as_ci", "does not know the order of german2"],
      ["utf8mb4_uca1400_swedish_ai_ci", "utf8mb4_swedish_ci", "orders some characters otherwise"],
      ["utf8mb4_general_nopad_ci", "utf8mb4_0900_ai_ci", "orders some characters otherwise"],
      ["utf8mb4_nopad_bin", "utf8mb4_0900_bin", null],
      [
        "utf8mb4_thai_520_w2",
        "utf8mb4_0900_as_ci",
        "counts trailing spaces and does not know the order of thai",
      ],
      ["utf8mb4_croatian_mysql561_ci", "utf8mb4_croatian_ci", null],
      ["utf8mb4_croatian_ci", "utf8mb4_croatian_ci", "on MySQL takes dŽ, lJ and nJ for dž, lj and nj"],
      ["latin2_czech_cs", "utf8mb4_cs_0900_as_cs", "counts trailing spaces"],
    ],
  };

for (const [from, to] of [
  ["mariadb", "mysql"],
  ["mysql", "mariadb"],
] as const) {
  test(
    `collations of ${from} become the nearest that ${to} has, and that is told`,
    { skip: target("mariadb").skip || target("mysql").skip },
    () =>
      withPair(from, to, async (pair) => {
        const columns = between[from].map(
          ([name]) => `${name} varchar(9) CHARACTER SET ${name.split("_")[0]} COLLATE ${name}`,
        );
        await pair.prepare([
          `CREATE TABLE t (id int PRIMARY KEY, ${columns.join(", ")})`,
          // No other rule than the source's own makes these equal.
          `CREATE TABLE keyed (a varchar(9) COLLATE utf8mb4_swedish_ci UNIQUE, b varchar(9) COLLATE ${from === "mysql" ? "utf8mb4_0900_as_cs" : "utf8mb4_uca1400_as_cs"} UNIQUE)`,
          "INSERT INTO keyed VALUES ('a', 'a'), ('å', 'A'), ('ä', 'á')",
        ]);
        const { stdout, stderr, code } = await godwit(["copy", pair.source, pair.target, "--plan", "--json"]);
        assert.equal(code, 0, stderr);
        const { survey } = JSON.parse(stdout) as Pick<CopyPlan, "survey">;
        const told = survey.tables.find(({ source }) => source.name === "t")!.columns;
        assert.deepEqual(
          told.slice(1).map(({ column, decision }) => [column.name, decision.loses]),
          between[from].map(([name, becomes, what]) => [
            name,
            what === null ? null : `the collation ${name}: it becomes ${becomes}, which ${what}`,
          ]),
        );
        await pair.copy();
        const made = await administer(
          to,
          (sql) =>
            sql(
              "SELECT COLUMN_NAME AS name, COLLATION_NAME AS made FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' AND COLLATION_NAME IS NOT NULL ORDER BY ORDINAL_POSITION",
            ),
          pair.target,
        );
        assert.deepEqual(
          made.map((row) => [row["name"], row["made"]]),
          between[from].map(([name, becomes]) => [name, becomes]),
        );
        assert.equal((await pair.verify()).equal, true);
      }),
  );
}
