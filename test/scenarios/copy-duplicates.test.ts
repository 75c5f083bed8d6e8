import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPair } from "../support/laboratory/pair.ts";
import { target, type TargetName } from "../support/servers.ts";
import { refused } from "./scene.ts";

/** Rows that one server tells apart in a key, and the other does not. */
const ways: readonly {
  readonly from: TargetName;
  readonly to: TargetName;
  readonly make: readonly string[];
  readonly told: RegExp;
  /** Takes what is told out of the way. */
  readonly mend: string;
}[] = [
  {
    // NOCASE knows A to Z, MySQL's collations accents as well.
    from: "sqlite",
    to: "mariadb",
    make: [
      "CREATE TABLE t (id integer PRIMARY KEY, name varchar(20) COLLATE NOCASE UNIQUE, code varchar(9) UNIQUE)",
      "INSERT INTO t VALUES (1, 'cafe', 'a'), (2, 'café', 'A'), (3, NULL, 'b'), (4, NULL, 'B')",
    ],
    told: /t\.name:duplicate \("cafe" and "café"\)$/,
    mend: "DELETE FROM t WHERE id = 2",
  },
  {
    from: "postgres",
    to: "mysql",
    make: [
      "CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
      "CREATE TABLE t (a int NOT NULL, name varchar(20) COLLATE caseless NOT NULL, PRIMARY KEY (a, name))",
      "INSERT INTO t VALUES (1, 'resume'), (1, 'Résumé'), (2, 'résumé')",
    ],
    told: /t\.a\+name:duplicate \("1, Résumé" and "1, resume"\)$/,
    mend: "DELETE FROM t WHERE name = 'Résumé' AND a = 1",
  },
  {
    // In the one ß is an s, in the other two.
    from: "mariadb",
    to: "postgres",
    make: [
      "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) COLLATE utf8mb4_general_ci, UNIQUE (name))",
      "INSERT INTO t VALUES (1, 'strasse'), (2, 'straße'), (3, 'Weg')",
    ],
    told: /t\.name:duplicate \("strasse" and "straße"\)$/,
    mend: "DELETE FROM t WHERE id = 2",
  },
  {
    from: "mysql",
    to: "mariadb",
    make: [
      "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci UNIQUE, code varchar(9) CHARACTER SET latin1 COLLATE latin1_general_cs UNIQUE)",
      "INSERT INTO t VALUES (1, 'strasse', 'a'), (2, 'straße', 'A'), (3, 'Weg', 'á')",
    ],
    told: /t\.name:duplicate \("strasse" and "straße"\)$/,
    mend: "DELETE FROM t WHERE id = 2",
  },
  {
    // Newer collations give no weight to characters that control something.
    from: "mariadb",
    to: "mysql",
    make: [
      "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) CHARACTER SET latin1 COLLATE latin1_general_cs UNIQUE)",
      "INSERT INTO t VALUES (1, 'a'), (2, 'A'), (3, CONCAT('a', CHAR(1)))",
    ],
    told: /t\.name:duplicate \("a\\u0001" and "a"\)$/,
    mend: "DELETE FROM t WHERE id = 3",
  },
  {
    // Only in MySQL's order of this name are they one letter.
    from: "mariadb",
    to: "mysql",
    make: [
      "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) COLLATE utf8mb4_croatian_ci UNIQUE)",
      "INSERT INTO t VALUES (1, 'dž'), (2, 'dŽ')",
    ],
    told: /t\.name:duplicate \("dŽ" and "dž"\)$/,
    mend: "DELETE FROM t WHERE id = 2",
  },
];

describe(
  "values that a key of the target takes for one are found before anything is written",
  { concurrency: 2 },
  () => {
    for (const { from, to, make, told, mend } of ways) {
      test(`from ${from} to ${to}`, { skip: target(from).skip || target(to).skip }, () =>
        withPair(from, to, async (pair) => {
          await pair.prepare(make);
          const error = await refused(pair.copy(), "GW7003");
          assert.match(error.message, told);
          assert.equal(error.outcome, "unchanged");
          // The oracle is the target: left to it, it refuses the key.
          const name = /\S+:duplicate/.exec(error.message)![0];
          await assert.rejects(pair.copy({ allow: [name] }), /[Dd]uplicate/);
          await pair.prepare([mend]);
          await pair.copy({ restart: true });
          assert.equal((await pair.verify()).equal, true);
        }),
      );
    }
  },
);
