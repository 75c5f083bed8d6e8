import assert from "node:assert/strict";
import { test } from "node:test";
import { copy } from "../../src/commands/copy.ts";
import type { CopyPlan } from "../../src/copy/index.ts";
import { godwit } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import { clientText } from "../support/laboratory/client-rows.ts";
import { type Pair, run, withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { administer, target, type TargetName, withDatabase } from "../support/servers.ts";

type Product = Extract<TargetName, "mariadb" | "mysql">;

/** Of all kinds that both products have. */
const common = [
  // As an old client would have it: what it makes keeps that.
  "SET NAMES latin1 COLLATE latin1_german1_ci",
  "SET sql_mode = 'ANSI_QUOTES'",
  `CREATE FUNCTION label(n int) RETURNS varchar(20) CHARACTER SET utf8mb4 DETERMINISTIC RETURN concat('no ', "n")`,
  "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
  "CREATE VIEW shown AS SELECT 'x' AS x",
  "SET NAMES utf8mb4",
  `CREATE TABLE texts (id int unsigned NOT NULL AUTO_INCREMENT, n varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL DEFAULT 'x\\ny' COMMENT 'c, ''d)',
     u varchar(20), b varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, t text, tiny tinytext, medium mediumtext CHARACTER SET utf8mb4,
     cyr varchar(20) CHARACTER SET koi8r, wide varchar(20) CHARACTER SET ucs2, jp varchar(20) CHARACTER SET sjis,
     e enum('a','b,c','d)') COLLATE utf8mb4_bin, s set('x','y') CHARACTER SET latin1, c char(3) CHARACTER SET ascii, j json,
     d datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), z date DEFAULT '0000-00-00',
     bits bit(5) DEFAULT b'101', bin binary(3), price decimal(10,2) unsigned zerofill,
     g varchar(21) COLLATE utf8mb4_bin GENERATED ALWAYS AS (concat(n, '!')) STORED, v int GENERATED ALWAYS AS (length(n)) VIRTUAL COMMENT 'computed',
     more int DEFAULT (1 + 2), PRIMARY KEY (id), UNIQUE KEY late (b), UNIQUE KEY early (n) COMMENT 'unique by its own rules', KEY z_first (t(5), n DESC) COMMENT 'a comment',
     KEY a_second (n) USING BTREE, FULLTEXT KEY second_text (medium), FULLTEXT KEY first_text (n), KEY of_g (g),
     CONSTRAINT short CHECK (char_length(n) < 15), CHECK (more > 0))
     ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_swedish_ci STATS_PERSISTENT=1 COMMENT='a, ''table'''`,
  `INSERT INTO texts (id, n, u, b, t, cyr, wide, jp, e, s, c, j, bin, price) VALUES (1, 'Müller€', 'Ünï', 'a', 'long', 'Привет', '漢字😀', '日本語', 'd)', 'x,y', 'abc', '{"a": 1}', 'xyz', 1.5),
     (2, 'Muller', NULL, 'A', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  "ALTER TABLE texts AUTO_INCREMENT = 50",
  "CREATE TABLE bytes_key (k varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY, n int) DEFAULT CHARSET=latin1",
  `INSERT INTO bytes_key WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 900) SELECT concat(char(192 + n % 60 USING latin1), n), n FROM r`,
  "CREATE TABLE lists (a int, b varchar(3)) PARTITION BY LIST COLUMNS (a, b) (PARTITION x VALUES IN ((1,'a'),(2,NULL)), PARTITION y VALUES IN ((3,'c')))",
  `CREATE TABLE years (d date NOT NULL, v int NOT NULL, PRIMARY KEY (d, v), KEY of_v (v)) PARTITION BY RANGE (year(d)) SUBPARTITION BY HASH (v) SUBPARTITIONS 2
     (PARTITION p0 VALUES LESS THAN (2000) COMMENT = 'old', PARTITION p1 VALUES LESS THAN MAXVALUE)`,
  "INSERT INTO years VALUES ('1999-01-02', 1), ('2024-05-06', 2)",
  "CREATE TABLE hashed (a int PRIMARY KEY) PARTITION BY KEY () PARTITIONS 3",
  "CREATE TABLE isam (grp int NOT NULL, id int NOT NULL AUTO_INCREMENT, b varchar(30), PRIMARY KEY (grp, id), FULLTEXT KEY f (b), KEY k (b)) ENGINE=MyISAM ROW_FORMAT=FIXED CHECKSUM=1 DEFAULT CHARSET=latin1",
  "INSERT INTO isam VALUES (1, 1, 'é'), (2, 1, 'b'), (2, 2, 'c')",
  "CREATE TABLE isam_counted (id int AUTO_INCREMENT, KEY (id)) ENGINE=MyISAM",
  "CREATE TABLE parts (a int, KEY (a)) ENGINE=MEMORY",
  "CREATE TABLE counted (a int NOT NULL, id bigint NOT NULL AUTO_INCREMENT, KEY one (a), KEY two (id), KEY three (a, id)) AUTO_INCREMENT = 9",
  "CREATE TABLE parent (id int PRIMARY KEY, a int, b int, UNIQUE KEY (a, b))",
  `CREATE TABLE child (p int, a int, b int, KEY under (a, b), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE CASCADE,
     CONSTRAINT of_both FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE RESTRICT)`,
  "INSERT INTO parent VALUES (1, 2, 3)",
  "INSERT INTO child VALUES (1, 2, 3), (NULL, NULL, NULL)",
  "SET collation_connection = utf8mb4_bin",
  "CREATE TRIGGER stamped BEFORE UPDATE ON parent FOR EACH ROW SET NEW.a = NEW.a + 1",
  "CREATE PROCEDURE `größe`() SELECT 'ß' COLLATE utf8mb4_bin",
  "SET time_zone = '+03:00'",
  "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO DELETE FROM child",
];

const own: Readonly<Record<Product, readonly string[]>> = {
  mariadb: [
    "CREATE TABLE hidden (a int INVISIBLE DEFAULT 3, c varchar(200) COMPRESSED CHARACTER SET latin1, chk int CHECK (chk > 1), u uuid, i inet6, n varchar(9) COLLATE utf8mb4_nopad_bin, KEY k (chk) IGNORED)",
    "INSERT INTO hidden (a, c, chk, u) VALUES (7, 'ü', 2, '123e4567-e89b-12d3-a456-426614174000')",
    "CREATE TABLE aria (id int PRIMARY KEY AUTO_INCREMENT, n varchar(20), FULLTEXT KEY (n), KEY k (n)) ENGINE=Aria ROW_FORMAT=PAGE TRANSACTIONAL=0 PAGE_CHECKSUM=1 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin",
    "INSERT INTO aria VALUES (5, 'five'), (6, 'six')",
    "CREATE TABLE packed (a int, KEY (a)) PAGE_COMPRESSED=1 ENGINE=InnoDB",
    "CREATE TABLE history (a int PRIMARY KEY, b int, t timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (t, e), KEY of_b (b), UNIQUE KEY only (b, a), KEY of_e (e)) WITH SYSTEM VERSIONING",
    "INSERT INTO history (a, b) VALUES (1, 1), (2, 2)",
    "UPDATE history SET b = 5 WHERE a = 1",
    "CREATE TABLE plain_history (a int, b int WITHOUT SYSTEM VERSIONING, KEY (b)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 DAY STARTS '2026-01-01 00:00:00' (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
    "INSERT INTO plain_history VALUES (1, 1)",
    "CREATE TABLE aria_history (t timestamp(6) GENERATED ALWAYS AS ROW START, id int AUTO_INCREMENT, b int WITHOUT SYSTEM VERSIONING, e timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (t, e), UNIQUE KEY (b), KEY (id), KEY (e)) ENGINE=Aria WITH SYSTEM VERSIONING",
    "INSERT INTO aria_history (id, b) VALUES (3, 4)",
    "CREATE TABLE isam_history (a int WITH SYSTEM VERSIONING, b int) ENGINE=MyISAM",
    "INSERT INTO isam_history VALUES (1, 1)",
    "CREATE TABLE booked (id int, s date, e date, PERIOD FOR booking (s, e), PRIMARY KEY (id, booking WITHOUT OVERLAPS))",
    "INSERT INTO booked VALUES (1, '2024-01-01', '2024-02-01'), (1, '2024-02-01', '2024-03-01')",
    "CREATE SEQUENCE numbers START 5 INCREMENT 3 CYCLE CACHE 7 MAXVALUE 500",
    "SELECT nextval(numbers)",
    "CREATE TABLE numbered (a int DEFAULT nextval(numbers), g point REF_SYSTEM_ID=4326 NOT NULL, SPATIAL KEY (g))",
    "INSERT INTO numbered VALUES (1, ST_GeomFromText('POINT(1 2)'))",
  ],
  mysql: [
    "CREATE TABLE hidden (a int INVISIBLE DEFAULT 3, b int, KEY functional ((b + 1), (cast(a as char(5))) DESC), KEY inv (b) INVISIBLE, CONSTRAINT loose CHECK (b > 2) NOT ENFORCED)",
    "INSERT INTO hidden (a, b) VALUES (7, 1)",
    "CREATE TABLE place (g point NOT NULL SRID 4326, f varchar(20), st int STORAGE DISK, SPATIAL KEY (g), FULLTEXT KEY ft (f) WITH PARSER ngram)",
    "INSERT INTO place VALUES (ST_GeomFromText('POINT(1 2)', 4326), 'x', 1)",
    "CREATE TABLE documents (j json, a varchar(10) COLLATE utf8mb4_0900_as_cs, u char(36) DEFAULT (uuid()), KEY many ((cast(j->'$.a' AS unsigned array))))",
    `INSERT INTO documents VALUES ('{"a": [1, 2]}', 'ä', 'x')`,
    `CREATE TABLE worded (x varchar(9), d varchar(9) DEFAULT (concat('😀', ')ü')) COMMENT 'DEFAULT (x)', g varchar(99) AS (concat(x, 'ü''q\\\\b\\n')) STORED,
       h varchar(9) AS (concat(x, '😀''')) STORED, k varbinary(9) AS (concat(_binary'a', _binary x'FF41')) STORED, l varchar(9) AS (concat(x, _cp932 x'8CBB')), CONSTRAINT \`a\`\`b\` CHECK (x <> '😀'))`,
    "INSERT INTO worded (x) VALUES ('a')",
    "CREATE TABLE worded_key (d int, x varchar(9), KEY both_ways (d, (concat(x, '😀)')) DESC))",
  ],
};

/** The database's definitions, as the product's own program prints them; without the ledger. */
function definitions(name: Product, url: string): Promise<string> {
  return administer(
    name,
    async (sql) => {
      const lines: string[] = [];
      const rows = async (text: string) => (await sql(text)) as unknown as Record<string, unknown>[];
      const shown = async (what: string, text: string) => {
        for (const { name: each } of await rows(text)) {
          const [row] = await rows(`SHOW CREATE ${what} \`${String(each)}\``);
          lines.push(JSON.stringify(row));
        }
      };
      const of = "_SCHEMA = DATABASE()";
      await shown(
        "TABLE",
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE${of} AND TABLE_NAME NOT LIKE 'godwit%' ORDER BY 1`,
      );
      await shown(
        "TRIGGER",
        `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER${of}`,
      );
      for (const what of ["FUNCTION", "PROCEDURE"]) {
        await shown(
          what,
          `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE${of} AND ROUTINE_TYPE = '${what}'`,
        );
      }
      await shown("EVENT", `SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT${of}`);
      if (name === "mariadb") {
        // It prints them nowhere else.
        const systems = await rows(
          "SELECT G_TABLE_NAME, G_GEOMETRY_COLUMN, SRID FROM information_schema.GEOMETRY_COLUMNS WHERE G_TABLE_SCHEMA = DATABASE() ORDER BY 1, 2",
        );
        lines.push(...systems.map((row) => JSON.stringify(row)));
      }
      if (name === "mysql") {
        // There the statements have question marks.
        for (const text of [
          `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE${of} AND TABLE_NAME NOT LIKE 'godwit%' ORDER BY 1, 2`,
          `SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, EXPRESSION FROM information_schema.STATISTICS WHERE TABLE${of} AND EXPRESSION IS NOT NULL ORDER BY 1, 2, 3`,
          `SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT${of} AND CONSTRAINT_NAME NOT LIKE 'godwit%' ORDER BY 1`,
        ])
          lines.push(...(await rows(text)).map((row) => JSON.stringify(row)));
      }
      const database = new URL(url).pathname.slice(1);
      return lines
        .join("\n")
        .replaceAll(database, "db")
        .replaceAll(/"Created":"[^"]*"/g, "");
    },
    url,
  );
}

async function copied(pair: Pair) {
  return copy({ source: pair.source, target: pair.target, env: {} });
}

for (const name of ["mariadb", "mysql"] as const) {
  test(`a copy within ${name} gives every definition back as it was`, { skip: target(name).skip }, () =>
    withPair(name, name, async (pair) => {
      await pair.change(["ALTER DATABASE CHARACTER SET utf8mb4"]);
      await pair.prepare([...common, ...own[name]]);
      const result = await copied(pair);
      assert.deepEqual(
        [result.undone.map(({ what, name: each }) => `${what} ${each}`), result.parts],
        [
          name === "mariadb"
            ? ["aria_history", "history", "isam_history", "plain_history"].map(
                (each) => `earlier rows ${each}`,
              )
            : [],
          [],
        ],
      );
      const [before, after] = [await definitions(name, pair.source), await definitions(name, pair.target)];
      assert.deepEqual(after.split("\n"), before.split("\n"));
      // By its bytes, in the character set in which each value is kept.
      const bytes = `SELECT group_concat(concat_ws(',', hex(n), hex(u), hex(b), hex(cyr), hex(wide), hex(jp), e, s, c, hex(j), bits + 0, hex(bin), price, hex(g), v) ORDER BY id SEPARATOR ';') FROM texts`;
      const ask = (url: string, sql: string) => clientText(name, url, sql).trim();
      assert.equal(ask(pair.target, bytes), ask(pair.source, bytes));
      assert.match(ask(pair.target, bytes), /^4DFC6C6C657280,/);
      const report = await pair.verify();
      assert.deepEqual(
        report.tables.flatMap(({ source, problems, differences }) =>
          problems.length + differences === 0 ? [] : [source, problems, differences],
        ),
        [],
      );
      assert.equal(report.equal, true);
    }),
  );
}

test(
  "a killed copy goes on, also with tables of an engine without transactions, and is given up with all that it made",
  { skip: target("mariadb").skip },
  () =>
    withPair("mariadb", "mariadb", async (pair) => {
      await pair.prepare([
        "SET sql_mode = ''",
        "CREATE TABLE isam (grp int NOT NULL, id int NOT NULL AUTO_INCREMENT, d date DEFAULT '0000-00-00', PRIMARY KEY (grp, id), KEY k (d)) ENGINE=MyISAM",
        "INSERT INTO isam (grp, id) VALUES (1, 1), (2, 1), (2, 2)",
        "CREATE TABLE aria (a int, b text, FULLTEXT KEY one (b), KEY of_a (a)) ENGINE=Aria TRANSACTIONAL=0 PARTITION BY HASH (a) PARTITIONS 2",
        "INSERT INTO aria VALUES (1, 'x'), (1, 'x'), (2, NULL)",
      ]);
      await using project = await makeProject();
      const killed = { cwd: project.folder };
      const args = ["copy", pair.source, pair.target, "--jobs", "1"];
      // Each one dies when the next statement that commits by itself has taken effect: two tables, then rows. Of both tables
      // the rows are there once before their chunk is committed, where another engine would keep them.
      const next = { name: "bare:after-statement", nth: 1 };
      await crashAt(next, args, killed);
      await crashAt(next, args, killed);
      await crashAt({ name: "chunk:before-commit", nth: 1 }, args, killed);
      await crashAt({ name: "chunk:after-commit", nth: 1 }, args, killed);
      await crashAt({ name: "chunk:before-commit", nth: 1 }, args, killed);
      await crashAt(next, args, killed);
      await crashAt(next, [...args, "--restart"], killed);
      for (let kills = 0; kills < 3; kills++) await crashAt(next, args, killed);
      assert.equal((await godwit(args, killed)).code, 0);
      const [before, after] = [
        await definitions("mariadb", pair.source),
        await definitions("mariadb", pair.target),
      ];
      assert.equal(after, before);
      assert.equal((await pair.verify()).equal, true);
    }),
);

/** Each with what has to be told of it wherever another product is the target. */
const lost = {
  mariadb: [
    ["CREATE SEQUENCE seq", "sequence seq"],
    [
      "CREATE TABLE versioned (id int PRIMARY KEY) WITH SYSTEM VERSIONING",
      "system versioning versioned",
      "earlier rows versioned",
    ],
    [
      "CREATE TABLE timed (id int PRIMARY KEY, n int UNIQUE, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 9 (PARTITION old HISTORY, PARTITION pn CURRENT)",
      "earlier rows timed",
      "partitions of earlier rows timed",
      "generation of timed.e: ROW END",
    ],
    ["CREATE TABLE placed (g point REF_SYSTEM_ID=4326)", "options of column g on placed"],
    ["CREATE TABLE hidden (id int PRIMARY KEY, v int INVISIBLE DEFAULT 5)", "invisible column v on hidden"],
    [
      "CREATE TABLE stored (id int PRIMARY KEY, b text COMPRESSED COMMENT 'STORAGE DISK') ROW_FORMAT=COMPRESSED",
      "options of table stored",
      "options of column b on stored",
    ],
    ["CREATE TABLE paged (id int PRIMARY KEY) ENCRYPTED=NO PAGE_COMPRESSED=1", "options of table paged"],
    ["CREATE TABLE mem (id int PRIMARY KEY) ENGINE=MEMORY", "options of table mem"],
    ["CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria TRANSACTIONAL=1", "options of table aria"],
    [
      "CREATE TABLE indexed (a int, b int, c text, KEY ign (a) IGNORED, KEY com (b) COMMENT 'why', FULLTEXT KEY ft (c))",
      "option of index ign on indexed",
      "option of index com on indexed",
    ],
    [
      "CREATE TABLE period (id int, s date, e date, PERIOD FOR app (s, e), UNIQUE (id, app WITHOUT OVERLAPS))",
      "period app on period",
      "key without overlaps id on period",
    ],
    [
      "CREATE TABLE seqdef (id int PRIMARY KEY DEFAULT nextval(seq), n int DEFAULT (id + 1))",
      "default of seqdef.id",
    ],
  ],
  mysql: [
    ["CREATE TABLE hidden (id int PRIMARY KEY, v int INVISIBLE DEFAULT 5)", "invisible column v on hidden"],
    [
      "CREATE TABLE checked (n int, CONSTRAINT lax CHECK (n > 0) NOT ENFORCED)",
      "check that is not enforced lax on checked",
    ],
    [
      "CREATE TABLE compact (id int PRIMARY KEY, b text) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4",
      "options of table compact",
    ],
    [
      "CREATE TABLE paged (id int PRIMARY KEY, c char(5) COLUMN_FORMAT FIXED) COMPRESSION='zlib' AUTOEXTEND_SIZE=4M",
      "options of table paged",
      "options of column c on paged",
    ],
    ["CREATE TABLE arch (id int) ENGINE=ARCHIVE", "options of table arch"],
    ["CREATE TABLE computed (a int, v int AS (a + 1) STORED NOT NULL)"],
    ["CREATE TABLE geo (g point NOT NULL SRID 4326)", "options of column g on geo"],
    [
      "CREATE TABLE indexed (a int, b int, c text, j json, KEY inv (a) INVISIBLE, KEY com (b) COMMENT 'why', FULLTEXT KEY ngrams (c) WITH PARSER ngram, KEY many ((CAST(j->'$.x' AS unsigned ARRAY))))",
      "option of index inv on indexed",
      "option of index com on indexed",
      "option of index ngrams on indexed",
      /index (indexed_)?many/,
    ],
    ["CREATE TABLE made (u binary(16) DEFAULT (uuid_to_bin(uuid())))", "default of made.u"],
    ["CREATE TABLE vec (v vector(2))", /no vector|vector can do/],
  ],
  both: [
    [
      "CREATE TABLE parted (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000) COMMENT 'old ones', PARTITION p1 VALUES LESS THAN MAXVALUE MAX_ROWS = 9)",
      "subpartitions parted",
      "comment of partition p0 on parted",
      "options of partition p1 on parted",
    ],
    [
      "CREATE TABLE stats (id int PRIMARY KEY) STATS_PERSISTENT=1 ROW_FORMAT=DYNAMIC COMMENT='PACK_KEYS=1'",
      "options of table stats",
    ],
    [
      "CREATE TABLE ordered (a int, b int, PRIMARY KEY (a DESC, b))",
      "order of primary key PRIMARY on ordered",
    ],
    ["CREATE TABLE numbers (z int(5) ZEROFILL, d decimal(8,2) UNSIGNED, f double(9,2), b varbinary(9))"],
    [
      "CREATE TABLE plain (id int AUTO_INCREMENT PRIMARY KEY, v int DEFAULT 1 COMMENT 'COMPRESSED') ROW_FORMAT=DYNAMIC COMMENT='A=1 PARTITION BY'",
    ],
  ],
} satisfies Record<string, readonly (readonly [string, ...(string | RegExp)[]])[]>;

/** Between MariaDB and MySQL nothing: both have it. */
const lostOfNumbers = [
  /(^|; )the zeros before its digits \(ZEROFILL\)$/,
  /(^|; )that it is never negative \(UNSIGNED\)$/,
  /(^|; )that it is rounded to 2 digits after the point$/,
  "the limit of its length",
];

/** What only some targets lack. */
const lostTo: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "mariadb postgres": [
    "FULLTEXT index indexed_ft",
    "default of seqdef.n",
    "partitioning of parted by range",
    ...lostOfNumbers,
  ],
  "mariadb sqlite": [
    "index indexed_ft of indexed",
    "default of seqdef.n",
    "partitions of parted by range",
    ...lostOfNumbers,
  ],
  "mysql mariadb": ["NOT NULL of computed.v"],
  "mysql postgres": ["partitioning of parted by range", ...lostOfNumbers],
  "mysql sqlite": ["partitions of parted by range", ...lostOfNumbers],
};

for (const name of ["mariadb", "mysql"] as const) {
  test(`what ${name} has alone is told wherever it is copied to`, { skip: target(name).skip }, () =>
    withDatabase(name, async (source) => {
      const cases = [...lost[name], ...lost.both];
      await run(
        name,
        source,
        cases.map(([statement]) => statement),
      );
      for (const to of ["mariadb", "mysql", "postgres", "sqlite"] as const) {
        if (to === name || target(to).skip !== false) continue;
        await withDatabase(to, async (other) => {
          const { stdout, code, stderr } = await godwit(["copy", source, other, "--plan", "--json"]);
          assert.equal(code, 0, stderr);
          const { survey } = JSON.parse(stdout) as Pick<CopyPlan, "survey">;
          const told = [
            ...survey.objects.undone.map(({ what, name: each }) => `${what} ${each}`),
            // Whether the target knows it, is found when it is made.
            ...survey.objects.before.map(({ what, name: each }) => `${what} ${each}`),
            ...survey.undone,
            ...survey.tables.flatMap(({ columns }) =>
              columns.flatMap(({ decision }) => [decision.reason, decision.loses ?? ""]),
            ),
          ];
          const wanted = [
            ...cases.flatMap(([, ...each]): (string | RegExp)[] => each),
            ...(lostTo[`${name} ${to}`] ?? []),
          ];
          const silent = wanted.filter(
            (each) =>
              !told.some((line) => (typeof each === "string" ? line.startsWith(each) : each.test(line))),
          );
          assert.deepEqual(silent, [], `to ${to}, where this is told:\n${told.join("\n")}`);
          assert.doesNotMatch(told.join("\n"), /^options of .*\bplain\b/m);
          if (to === "mariadb" || to === "mysql") assert.doesNotMatch(told.join("\n"), /ZEROFILL|UNSIGNED/);
          // The server has put the end of a version into each.
          const timed = survey.tables.find(({ source: table }) => table.name === "timed")?.target;
          assert.deepEqual(timed?.primaryKey?.columns ?? ["id"], ["id"]);
          assert.deepEqual(timed?.uniques.map(({ columns }) => columns) ?? [["n"]], [["n"]]);
        });
      }
    }),
  );
}

/** By name of the table, which is given its keys: all ways of dividing a table that both products have. */
const divided = {
  by_hash: "id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3",
  by_linear_hash: "id int, d date) PARTITION BY LINEAR HASH (YEAR(d)) (PARTITION one, PARTITION two)",
  by_sum: "id int PRIMARY KEY) PARTITION BY HASH (id + 1) PARTITIONS 3",
  by_linear_key: "k varchar(9) PRIMARY KEY) PARTITION BY LINEAR KEY (k) PARTITIONS 2",
  by_old_key: "id int PRIMARY KEY) COMMENT 'in 3' PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 3",
  by_old_linear_key:
    "k varchar(9) PRIMARY KEY) PARTITION BY LINEAR KEY ALGORITHM = 1 (k) (PARTITION one, PARTITION two)",
  by_new_key:
    "id int PRIMARY KEY) COMMENT 'PARTITION BY KEY ALGORITHM = 1' PARTITION BY KEY (id) PARTITIONS 2",
  by_any_key: "a int, b int NOT NULL, c int NOT NULL, UNIQUE (c, b), UNIQUE (a, b, c)) PARTITION BY KEY ()",
  by_year:
    "`a ``b` date, n int, PRIMARY KEY (n, `a ``b`)) PARTITION BY RANGE (YEAR(`a ``b`)) (PARTITION old VALUES LESS THAN (2000), PARTITION young VALUES LESS THAN MAXVALUE)",
  by_list:
    "d date) PARTITION BY LIST (MONTH(d) - 1) (PARTITION p0 VALUES IN (0, NULL), PARTITION p1 VALUES IN (1, 2))",
};

for (const [from, to] of [
  ["mariadb", "mysql"],
  ["mysql", "mariadb"],
] as const) {
  test(
    `tables of ${from} are divided and indexed in ${to} as they were, and elsewhere it is told`,
    { skip: target("mariadb").skip || target("mysql").skip },
    () =>
      withPair(from, to, async (pair) => {
        await pair.prepare([
          ...Object.entries(divided).map(([name, rest]) => `CREATE TABLE ${name} (${rest}`),
          "CREATE TABLE counted (a int, id bigint NOT NULL AUTO_INCREMENT, PRIMARY KEY (a, id), KEY id (id), KEY a (id, a))",
          "CREATE TABLE named (a int, id int NOT NULL AUTO_INCREMENT, KEY id (a), UNIQUE KEY second (id))",
          "CREATE TABLE down (a int, b varchar(9), UNIQUE KEY one (a DESC, b), KEY two (b DESC))",
        ]);
        const parts = (name: Product, url: string) =>
          clientText(
            name,
            url,
            `SELECT TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, REPLACE(REPLACE(PARTITION_EXPRESSION, '(', ''), ')', ''), PARTITION_DESCRIPTION
              FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_NAME IS NOT NULL ORDER BY 1, PARTITION_ORDINAL_POSITION`,
          );
        assert.deepEqual((await copied(pair)).undone, []);
        const old = ["by_old_key", "by_old_linear_key", "by_new_key"].map((table) =>
          / KEY \S*\s*(\S+ )?ALGORITHM = 1 .*(id|k)/.test(
            clientText(to, pair.target, `SHOW CREATE TABLE ${table}`).replaceAll(/'[^']*'/g, ""),
          ),
        );
        assert.deepEqual(old, [true, true, false]);
        const indexes = (name: Product, url: string) =>
          clientText(
            name,
            url,
            `SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION FROM information_schema.STATISTICS
              WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'godwit%' ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
          );
        assert.equal(indexes(to, pair.target), indexes(from, pair.source));
        assert.equal(
          parts(to, pair.target),
          // What its key stands for is said.
          parts(from, pair.source).replace(/(by_any_key\tp0\tKEY\t)(?:NULL)?\t/, "$1`c`,`b`\t"),
        );
        await withDatabase("postgres", async (other) => {
          const { stdout } = await godwit(["copy", pair.source, other, "--plan", "--json"]);
          const { survey } = JSON.parse(stdout) as Pick<CopyPlan, "survey">;
          assert.match(
            survey.undone.join("\n"),
            /^LINEAR KEY of the partitions of by_linear_key: rows are spread by PostgreSQL's own hash$/m,
          );
          assert.match(survey.undone.join("\n"), /^KEY ALGORITHM = 1 of the partitions of by_old_key: /m);
          assert.match(
            survey.undone.join("\n"),
            /^partitioning of by_linear_hash .*its key is an expression$/m,
          );
        });
      }),
  );
}

test(
  "views, triggers, routines and events of MariaDB go to MySQL, whatever its tables are made of",
  { skip: target("mariadb").skip || target("mysql").skip },
  () =>
    withPair("mariadb", "mysql", async (pair) => {
      await pair.prepare([
        "CREATE SEQUENCE seq",
        "CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria",
        "CREATE TABLE t (id int PRIMARY KEY, v int)",
        "INSERT INTO t VALUES (1, 2)",
        "INSERT INTO aria VALUES (1)",
        "CREATE VIEW seen AS SELECT id, v FROM t",
        "CREATE TRIGGER doubled BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.v * 2",
        "CREATE PROCEDURE one() SELECT 1",
        "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE id < 0",
      ]);
      const { undone } = await copied(pair);
      assert.deepEqual(
        undone.map(({ what, name }) => `${what} ${name}`),
        ["sequence seq"],
      );
      await pair.change(["INSERT INTO t VALUES (2, 4)"]);
      assert.equal(
        clientText("mysql", pair.target, "SELECT group_concat(v ORDER BY id) FROM seen").trim(),
        "2,8",
      );
    }),
);

test(
  "partitions by default, keys of bytes and collections of shapes go from MariaDB to MySQL, and shapes back",
  { skip: target("mariadb").skip || target("mysql").skip || target("postgres").skip },
  async () => {
    const listed = [
      "CREATE TABLE rest (id int PRIMARY KEY, b blob) PARTITION BY LIST (id) (PARTITION zero VALUES IN (0), PARTITION others DEFAULT)",
      "INSERT INTO rest VALUES (0, 'a'), (7, 'b')",
    ];
    const shapes = [
      "CREATE TABLE shapes (id int PRIMARY KEY, g geometrycollection)",
      "INSERT INTO shapes VALUES (1, ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))'))",
    ];
    await withPair("mariadb", "mysql", async (pair) => {
      await pair.prepare([
        ...listed,
        ...shapes,
        "CREATE TABLE keyed (id int PRIMARY KEY, b blob, UNIQUE (b))",
        "INSERT INTO keyed VALUES (1, repeat('a', 300)), (2, 'b')",
      ]);
      assert.deepEqual((await copied(pair)).parts, [
        "partitioning of rest by list (LIST (`id`)): MySQL has no default partition of a list",
      ]);
      await assert.rejects(pair.change(["INSERT INTO keyed VALUES (3, 'b')"]), /Duplicate/);
      assert.equal((await pair.verify()).equal, true);
    });
    await withPair("mariadb", "postgres", async (pair) => {
      await pair.prepare(listed);
      await pair.copy();
      assert.equal(clientText("postgres", pair.target, "SELECT id FROM rest_others"), "7");
    });
    await withPair("mysql", "mariadb", async (pair) => {
      await pair.prepare(shapes);
      await pair.copy();
      assert.equal((await pair.verify()).equal, true);
    });
  },
);

test(
  "expressions of MySQL keep the texts in them, of which its catalogue has the bytes",
  { skip: target("mysql").skip },
  () =>
    withDatabase("mysql", async (source) => {
      await run("mysql", source, [
        `CREATE TABLE worded (x varchar(9) CHECK (x <> 'ü' AND x <> '😀'), d varchar(9) DEFAULT (concat('ü', '😀')), g varchar(99) AS (concat(x, 'ü''q\\\\b')) STORED,
          h varchar(9) AS (concat(x, _latin1 x'FC80')) STORED, k varbinary(9) AS (concat(_binary'a', _binary x'FF41')) STORED)`,
        "INSERT INTO worded (x) VALUES ('a')",
      ]);
      for (const to of ["mariadb", "postgres", "sqlite"] as const) {
        if (target(to).skip !== false) continue;
        await withDatabase(to, async (url) => {
          const { parts } = await copy({ env: {}, source, target: url });
          assert.deepEqual(
            parts.filter((part) => part.startsWith("generation")),
            ["generation of worded.k: concat(_binary'a',_binary x'ff41')"],
            to,
          );
          await run(to, url, ["INSERT INTO worded (x) VALUES ('b')"]);
          await assert.rejects(run(to, url, ["INSERT INTO worded (x) VALUES ('ü')"]), /check|constraint/i);
          await assert.rejects(run(to, url, ["INSERT INTO worded (x) VALUES ('😀')"]), /check|constraint/i);
          const text = clientText(to, url, "SELECT d, g, h FROM worded ORDER BY x");
          const [d, g, h] = ["ü😀", "ü'q\\b", "ü€"];
          assert.deepEqual(
            text.split("\n").map((line) => line.replaceAll("\\\\", "\\").split(/[\t|]/)),
            [
              [d, `a${g}`, `a${h}`],
              [d, `b${g}`, `b${h}`],
            ],
            to,
          );
        });
      }
    }),
);

for (const name of ["mariadb", "mysql"] as const) {
  test(
    `a view of ${name} keeps the characters that its catalogue does not show, and what it lacks is told`,
    { skip: target(name).skip || target("postgres").skip },
    () =>
      withPair(name, "postgres", async (pair) => {
        await pair.prepare([
          "CREATE TABLE t (id int PRIMARY KEY, v varchar(9))",
          "CREATE SQL SECURITY INVOKER VIEW faces (n, `a ``b`) AS SELECT id, 'ü?' FROM t WHERE v <> '😀' WITH CASCADED CHECK OPTION",
          "INSERT INTO t VALUES (1, 'a')",
        ]);
        assert.deepEqual((await copied(pair)).parts, [
          "view faces is made without CASCADED CHECK OPTION and SQL SECURITY INVOKER",
        ]);
        await pair.change(["INSERT INTO t VALUES (2, '😀'), (3, '?'), (4, '????')"]);
        assert.equal(
          clientText("postgres", pair.target, "SELECT string_agg(n || \"a `b\", ',' ORDER BY n) FROM faces"),
          "1ü?,3ü?,4ü?",
        );
      }),
  );
}

test(
  "a vector is kept as its digits where there is no type for it",
  { skip: target("mysql").skip || target("postgres").skip },
  () =>
    withPair("mysql", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE vec (id int PRIMARY KEY, v vector(2))",
        "INSERT INTO vec VALUES (1, TO_VECTOR('[1,2]'))",
      ]);
      await pair.copy();
      assert.equal(clientText("postgres", pair.target, "SELECT v FROM vec").trim(), "0000803f00000040");
    }),
);
