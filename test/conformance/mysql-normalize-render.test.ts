import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askInParts, type Beside } from "../../src/copy/ask-in-parts.ts";
import type { SourceEngine } from "../../src/copy/project.ts";
import type { PortableTable, PortableType, Risk } from "../../src/core/portable.ts";
import type { TargetTable } from "../../src/engines/data-roles.ts";
import type { Session } from "../../src/engines/engine.ts";
import { chunk } from "../../src/engines/mysql/chunk.ts";
import { normalize } from "../../src/engines/mysql/normalize.ts";
import { profile } from "../../src/engines/mysql/profile.ts";
import { read } from "../../src/engines/mysql/read.ts";
import { render } from "../../src/engines/mysql/render.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";
import { plainColumn } from "../../src/core/plain-parts.ts";
import { collected, labColumns, readColumn, readRequest } from "./mysql-rows.ts";

/** As a copy does it, under the same names. */
function targetTable(table: PortableTable): TargetTable {
  const keyed = new Set([
    ...(table.primaryKey?.columns ?? []),
    ...table.uniques.flatMap((key) => key.columns),
    ...table.indexes.flatMap((index) =>
      index.parts.filter((part) => part.prefix === null).map((part) => part.column),
    ),
  ]);
  const columns = table.columns.map((column) => ({
    ...column,
    decision: render.type(column, { table, keyed: keyed.has(column.name) }),
  }));
  return { ...table, columns };
}

async function make(session: Session, tables: readonly PortableTable[]): Promise<string[]> {
  const made = tables.map((table) => render.ddl(targetTable(table)));
  for (const phase of ["create", "keys", "constraints", "finish"] as const)
    for (const ddl of made) for (const { sql } of ddl[phase]) await session.execute(sql);
  return made.flatMap((ddl) => ddl.undone);
}

for (const server of mysqlTargets) {
  describe(`the schema of ${server.name}`, { skip: server.skip }, () => {
    const place = (title: string, work: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(server.name, work));
    const isMariaDb = server.name === "mariadb";

    const statements = [
      `CREATE TABLE parent (
        id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
        code varchar(20) COLLATE utf8mb4_general_ci NOT NULL DEFAULT 'it''s \\\\' COMMENT 'the ''code''',
        amount decimal(10,2) NOT NULL DEFAULT 1.50,
        made datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
        seen timestamp(6) NULL DEFAULT NULL,
        flag tinyint(1) NOT NULL DEFAULT 1,
        kind enum('a','b''c','d\\\\e') NOT NULL DEFAULT 'a',
        tags set('x','y'),
        bits bit(5) DEFAULT b'10101',
        raw varbinary(10) DEFAULT 'ab',
        note mediumtext,
        doc json,
        total decimal(11,2) GENERATED ALWAYS AS (amount + 1) STORED,
        UNIQUE KEY code_key (code), KEY by_note (note(20)), KEY by_two (amount DESC, made), FULLTEXT KEY words (note),
        CONSTRAINT parent_positive CHECK (amount > 0)
      ) COMMENT 'a parent' DEFAULT CHARSET utf8mb4`,
      `CREATE TABLE child (id int, parent bigint unsigned, place point NOT NULL, PRIMARY KEY (id), SPATIAL KEY spot (place),
        CONSTRAINT child_parent FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)`,
      `CREATE TABLE parts (day date NOT NULL, n int NOT NULL, PRIMARY KEY (day, n)) PARTITION BY RANGE COLUMNS (day)
        (PARTITION a VALUES LESS THAN ('2024-01-01'), PARTITION b VALUES LESS THAN (MAXVALUE))`,
      "CREATE TABLE lists (n int NOT NULL PRIMARY KEY) PARTITION BY LIST COLUMNS (n) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (3))",
      "CREATE TABLE hashed (n int NOT NULL PRIMARY KEY) PARTITION BY KEY (n) PARTITIONS 3",
      "CREATE VIEW seen AS SELECT id, code FROM parent WHERE flag = 1",
      "CREATE TRIGGER touched BEFORE INSERT ON child FOR EACH ROW SET NEW.id = NEW.id",
    ];

    place("is read whole", async ({ open }) => {
      const session = await open();
      for (const sql of statements) await session.execute(sql);
      await session.execute("ALTER TABLE parent AUTO_INCREMENT = 77");
      await session.execute("CREATE TABLE godwit_ledger (id int)");
      if (isMariaDb) await session.execute("CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 2");
      const schema = await normalize.schema(session);
      assert.deepEqual(
        schema.tables.map(({ name }) => name),
        ["child", "hashed", "lists", "parent", "parts"],
      );
      const [child, hashed, lists, parent, parts] = schema.tables as [
        PortableTable,
        PortableTable,
        PortableTable,
        PortableTable,
        PortableTable,
      ];
      const of = (name: string) => parent.columns.find((one) => one.name === name)!;
      assert.deepEqual(of("id").identity, { always: false, next: "77", increment: "1" });
      assert.deepEqual(of("code").default?.expression, { kind: "string", value: "it's \\" });
      assert.equal(of("code").comment, "the 'code'");
      assert.deepEqual(of("code").collation, {
        name: "utf8mb4_general_ci",
        caseInsensitive: true,
        accentInsensitive: true,
        padSpace: true,
      });
      assert.deepEqual(of("amount").default?.expression, { kind: "number", value: "1.50" });
      assert.deepEqual(of("made").default?.expression, { kind: "now", what: "timestamp", precision: 3 });
      assert.equal(of("made").onUpdateNow, true);
      assert.equal(of("seen").default, null);
      assert.deepEqual(of("kind").type, { kind: "enum", name: null, labels: ["a", "b'c", "d\\e"] });
      assert.deepEqual(of("bits").default?.expression, { kind: "string", value: "10101" });
      assert.deepEqual(of("doc").type, { kind: "json", binary: !isMariaDb });
      assert.equal(of("total").generated?.stored, true);
      assert.ok(of("total").generated?.expression);
      assert.deepEqual(parent.primaryKey, { name: "parent_pkey", columns: ["id"] });
      assert.deepEqual(parent.uniques, [{ name: "code_key", columns: ["code"] }]);
      assert.deepEqual(
        parent.indexes.map(({ name, method, parts: [part] }) => [
          name,
          method,
          part?.prefix,
          part?.descending,
        ]),
        [
          ["by_note", "btree", 20, false],
          ["by_two", "btree", null, true],
          ["words", "fulltext", null, false],
        ],
      );
      assert.deepEqual(
        parent.checks.map(({ name, expression }) => [name, expression?.kind]),
        [["parent_positive", "binary"]],
      );
      assert.equal(parent.comment, "a parent");
      assert.deepEqual(
        child.foreignKeys.map(({ name, columns, references, onDelete, onUpdate }) => ({
          name,
          columns,
          references,
          onDelete,
          onUpdate,
        })),
        [
          {
            name: "child_parent",
            columns: ["parent"],
            references: { schema: "", name: "parent", columns: ["id"] },
            onDelete: "cascade",
            onUpdate: "no action",
          },
        ],
      );
      assert.deepEqual(
        parts.partitioning?.partitions.map((one) => one.upTo),
        [["'2024-01-01'"], ["MAXVALUE"]],
      );
      assert.deepEqual(
        lists.partitioning?.partitions.map((one) => one.values),
        [[["1"], ["2"]], [["3"]]],
      );
      assert.equal(hashed.partitioning?.partitions.length, 3);
      assert.deepEqual(
        schema.views.map(({ name, columns }) => [name, columns]),
        [["seen", ["id", "code"]]],
      );
      assert.doesNotMatch(schema.views[0]!.text, /godwit_test/);
      assert.deepEqual(
        schema.leftovers.map(({ kind, name, table }) => [kind, name, table?.name]),
        [["trigger", "touched", "child"]],
      );
      if (isMariaDb)
        assert.deepEqual(
          schema.sequences.map(({ name, next, increment }) => [name, next, increment]),
          [["numbers", "5", "2"]],
        );
    });

    place("is made again as it was", async ({ open }) => {
      const session = await open();
      await session.execute("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'");
      for (const sql of statements.slice(0, -2)) await session.execute(sql);
      await session.execute(
        `CREATE TABLE lab (${labColumns(server.name)
          .map(({ name, sql }) => `${name} ${sql}`)
          .join(", ")}) DEFAULT CHARSET utf8mb4`,
      );
      const { tables } = await normalize.schema(session);
      await session.execute("DROP TABLE child, parent, parts, lists, hashed, lab");
      const undone = await make(session, tables);
      assert.deepEqual(undone, []);
      const again = (await normalize.schema(session)).tables;
      assert.deepEqual(again.map(comparable), tables.map(comparable));
    });

    /** Without what is another type by decision, and the server's own choices. */
    function comparable(table: PortableTable): unknown {
      const skipped = new Set(["l1", "u16", "u3", "ip", "uu", "z", "gd", "note", "lb", "lt"]);
      return {
        ...table,
        estimate: null,
        columns: table.columns
          .filter(({ name }) => !skipped.has(name))
          // MySQL tells no counter of a table that was never written to.
          .map(({ declared: _, collation: __, identity, ...rest }) => [rest, identity !== null]),
        partitioning: table.partitioning === null ? null : { ...table.partitioning, text: "" },
      };
    }

    place("takes PostgreSQL's types", async ({ open }) => {
      const session = await open();
      const types: readonly PortableType[] = [
        { kind: "boolean" },
        { kind: "integer", bits: 32, unsigned: false },
        { kind: "decimal", precision: null, scale: null },
        { kind: "decimal", precision: 100, scale: 2 },
        { kind: "float", bits: 32 },
        { kind: "text", length: null, fixed: false },
        { kind: "text", length: 5_000, fixed: false },
        { kind: "text", length: 14_000, fixed: false },
        { kind: "text", length: 60_000, fixed: false },
        { kind: "bytes", length: null, fixed: false },
        { kind: "bits", length: 70, varying: false },
        { kind: "time", precision: 6, zone: true, signed: false },
        { kind: "timestamp", precision: 6, zone: true },
        { kind: "interval" },
        { kind: "uuid" },
        { kind: "json", binary: true },
        { kind: "enum", name: "mood", labels: ["sad", "SAD", "it's"] },
        { kind: "array", of: { kind: "uuid" } },
        { kind: "any" },
        { kind: "native", name: "pg_catalog.inet" },
        { kind: "native", name: "public.geometry" },
      ];
      const table: PortableTable = {
        schema: "",
        name: "all types",
        comment: "quote ' and \\",
        partitioning: null,
        estimate: { rows: 0, bytes: 0 },
        columns: [
          plainColumn(
            "id",
            { kind: "integer", bits: 64, unsigned: false },
            { nullable: false, identity: { always: true, next: "42", increment: "1" } },
          ),
          plainColumn(
            "k",
            { kind: "text", length: null, fixed: false },
            { nullable: false, default: { text: "'x'", expression: { kind: "string", value: "x" } } },
          ),
          plainColumn("b", { kind: "bytes", length: null, fixed: false }, { nullable: false }),
          plainColumn(
            "t",
            { kind: "text", length: null, fixed: false },
            { default: { text: "", expression: { kind: "string", value: "a'\\b" } } },
          ),
          plainColumn(
            "at",
            { kind: "timestamp", precision: 6, zone: true },
            { default: { text: "now()", expression: { kind: "now", what: "timestamp", precision: null } } },
          ),
          plainColumn(
            "odd",
            { kind: "integer", bits: 32, unsigned: false },
            { default: { text: "random()", expression: null } },
          ),
          ...types.map((type, n) => plainColumn(`c${n}`, type)),
        ],
        primaryKey: { name: "p", columns: ["k", "b"] },
        uniques: [{ name: "u", columns: ["c1"] }],
        indexes: [
          {
            name: "e",
            unique: false,
            method: "btree",
            include: [],
            where: null,
            definition: "",
            parts: [
              {
                column: null,
                text: "lower(k)",
                descending: false,
                prefix: null,
                expression: { kind: "call", name: "lower", arguments: [{ kind: "column", name: "k" }] },
              },
            ],
          },
          {
            name: "g",
            unique: false,
            method: "gin",
            include: [],
            where: null,
            definition: "",
            parts: [{ column: "c15", expression: null, text: "c15", descending: false, prefix: null }],
          },
        ],
        foreignKeys: [],
        checks: [
          {
            name: "small",
            text: "c1 < 9",
            expression: {
              kind: "binary",
              operator: "<",
              left: { kind: "column", name: "c1" },
              right: { kind: "number", value: "9" },
            },
          },
        ],
      };
      const undone = await make(session, [table]);
      assert.deepEqual(
        undone,
        [
          "the limit of the length of c7: a row has 65000 bytes at most",
          "default of all types.odd: random()",
          "index e of all types: MariaDB has no indexes of expressions",
          "index g of all types: there are no gin indexes",
        ].toSorted((one, other) => undone.indexOf(one) - undone.indexOf(other)),
      );
      // Keys that differ there differ here: case, accents, trailing spaces.
      await session.execute(
        "INSERT INTO `all types` (k, b, c1, c16) VALUES ('a', 'x', 1, 'sad'), ('A', 'x', 2, 'SAD'), ('a ', 'x', 3, NULL), ('\u00e1', 'x', 4, NULL)",
      );
      const [row] = await session.query("SELECT CAST(MIN(id) AS CHAR) AS id, MIN(t) AS t FROM `all types`");
      assert.deepEqual(row, { id: "42", t: "a'\\b" });
      await assert.rejects(session.execute("INSERT INTO `all types` (k, b, c1) VALUES ('z', 'x', 10)"));
      for (const { sql } of [...render.truncate([table]), ...render.drop([table])])
        await session.execute(sql);
      assert.deepEqual((await normalize.schema(session)).tables, []);
    });

    place("values at risk are counted and shown, and made fit where that was accepted", async ({ open }) => {
      const session = await open();
      await session.execute("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
      await session.execute(
        `CREATE TABLE t (id int PRIMARY KEY, b tinyint(1), d date, m datetime, c time(3), v text, e enum('','x'), n decimal(10,4), r varbinary(10), j json) DEFAULT CHARSET utf8mb4`,
      );
      await session.execute(
        `INSERT INTO t VALUES (1, 1, '2024-02-29', '2024-01-01', '12:00:00.5', 'ok', 'x', 1.5, 'abc', '[1]'),
          (2, 2, '0000-00-00', '2024-02-31', '-00:00:00.001', CONCAT('a', CHAR(0), 'b'), 'nothing', 1.2345, 'abcdef', '["\\\\u0000"]'),
          (3, -1, '2024-00-10', '0000-00-00', '24:00:00', '2024-13-01', '', 99999, '', NULL), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
      );
      const types = new Map(
        (await normalize.schema(session)).tables[0]!.columns.map((one) => [one.name, one.type]),
      );
      const questions: readonly (readonly [string, Risk, string, string[]])[] = [
        ["b", { kind: "not-boolean" }, "2", ["2", "3"]],
        ["b", { kind: "null" }, "1", ["4"]],
        ["d", { kind: "zero-date" }, "2", ["2", "3"]],
        ["m", { kind: "zero-date" }, "2", ["2", "3"]],
        ["c", { kind: "time-range" }, "2", ["2", "3"]],
        ["c", { kind: "precision", digits: 2 }, "1", ["2"]],
        ["v", { kind: "nul-character" }, "1", ["2"]],
        ["v", { kind: "length", limit: 3, unit: "characters" }, "1", ["3"]],
        ["v", { kind: "format", of: "date" }, "3", ["1", "2", "3"]],
        ["v", { kind: "invalid-encoding" }, "0", []],
        ["e", { kind: "empty-enum" }, "1", ["2"]],
        ["n", { kind: "scale", digits: 2 }, "1", ["2"]],
        ["n", { kind: "range", minimum: "-100", maximum: "100" }, "1", ["3"]],
        ["r", { kind: "length", limit: 3, unit: "bytes" }, "1", ["2"]],
        ["j", { kind: "nul-character" }, "1", ["2"]],
        ["d", { kind: "infinity" }, "0", []],
      ];
      const table = { schema: "", name: "t" };
      const key = [{ name: "id", type: types.get("id")! }];
      const answers = await profile.answers(
        session,
        table,
        key,
        questions.map(([name, risk]) => ({ column: name, from: types.get(name)!, risk })),
      );
      assert.deepEqual(
        answers.map(({ rows, examples }, n) => [
          questions[n]![0],
          questions[n]![1].kind,
          String(rows),
          examples.map((one) => one.key[0]).sort(),
        ]),
        questions.map(([name, risk, rows, keys]) => [name, risk.kind, rows, keys]),
      );
      const accepted = [
        { ...readColumn("d", types.get("d")!), accepts: ["zero-date"] as const },
        { ...readColumn("m", types.get("m")!), accepts: ["zero-date"] as const },
        { ...readColumn("v", types.get("v")!), accepts: ["nul-character"] as const },
        { ...readColumn("e", types.get("e")!), accepts: ["empty-enum"] as const },
        {
          ...readColumn("n", types.get("n")!, { kind: "decimal", precision: 10, scale: 1 }),
          accepts: ["scale"] as const,
        },
      ];
      const rows = (await collected(read.rows(session, readRequest("t", accepted)))).toString().split("\n");
      assert.deepEqual(rows.slice(0, 2), [
        "2024-02-29\t2024-01-01 00:00:00\tok\tx\t1.5",
        "\\N\t\\N\tab\t\\N\t1.2",
      ]);
    });

    if (isMariaDb) {
      place(
        "halves of UTF-16's pairs, which this server takes for characters, are found",
        async ({ open }) => {
          const session = await open();
          await session.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v text, w text) DEFAULT CHARSET utf8mb4",
          );
          await session.execute(
            "INSERT INTO t VALUES (1, _utf8mb4 x'61eda080', 'í'), (2, 'í', 'a'), (3, NULL, CONCAT('a', CHAR(0))), (4, 'b\\n', '')",
          );
          const [table] = (await normalize.schema(session)).tables;
          const [id, v, w] = table!.columns;
          const asked = [v!, w!].flatMap(({ name, type }) =>
            (["invalid-encoding", "nul-character"] as const).map((kind) => {
              return { column: name, from: type, risk: { kind } };
            }),
          );
          const found = await profile.answers(session, table!, [{ name: "id", type: id!.type }], asked);
          assert.deepEqual(
            found.map(({ examples }) => examples.flatMap(({ key }) => key)),
            [["1"], [], [], ["3"]],
          );
        },
      );
    }

    place("two sessions ask a half of a table each, and find what one finds", async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, b tinyint(1), v varchar(9), w varchar(9)) DEFAULT CHARSET utf8mb4",
      );
      const rows = Array.from(
        { length: 40 },
        (_, n) => `(${n * 2}, ${n % 5}, ${n % 9 === 0 ? "CONCAT('a', CHAR(0))" : "'a'"}, 'b')`,
      );
      await session.execute(`INSERT INTO t VALUES ${rows.join(", ")}`);
      const [found] = (await normalize.schema(session)).tables;
      const table = { ...found!, estimate: { rows: 40, bytes: 1e9 } };
      const questions = (
        [
          ["b", { kind: "not-boolean" }],
          ["b", { kind: "null" }],
          ["v", { kind: "nul-character" }],
          ["w", { kind: "nul-character" }],
          ["v", { kind: "invalid-encoding" }],
        ] as const
      ).map(([column, risk]) => ({
        column,
        from: table.columns.find(({ name }) => name === column)!.type,
        risk,
      }));
      const key = [{ name: "id", type: table.columns[0]!.type }];
      let asked = 0;
      const counted = {
        normalize,
        chunk,
        profile: {
          ...profile,
          answers: (...given: Parameters<typeof profile.answers>) => {
            asked += 1;
            return profile.answers(...given);
          },
        },
      } as unknown as SourceEngine;
      const beside: Beside = async (work) => work(await open());
      const inParts = await askInParts(counted, session, beside, { table, key, questions, where: null });
      assert.equal(asked, 2);
      assert.deepEqual(inParts, await profile.answers(session, table, key, questions));
      assert.deepEqual(
        inParts.map((answer) => answer.rows),
        [24n, 0n, 5n, 0n, 0n],
      );
      const small = { ...table, estimate: { rows: 40, bytes: 1_000 } };
      assert.deepEqual(
        await askInParts(counted, session, beside, { table: small, key, questions, where: null }),
        inParts,
      );
      assert.equal(asked, 3);
    });

    place("rows that another collation takes for one", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (v varchar(10) COLLATE utf8mb4_bin, n int)");
      await session.execute(
        "INSERT INTO t VALUES ('a', 1), ('A', 1), ('b', 2), ('b', 2), (NULL, 1), (NULL, 1), ('c', 3), ('c ', 3), ('é', 4), ('e', 5)",
      );
      const found = (flags: readonly [boolean, boolean, boolean], by: readonly string[] = ["v"]) =>
        profile.duplicates(
          session,
          { schema: "", name: "t" },
          {
            columns: by.map((name) => ({
              name,
              equality:
                name === "v"
                  ? { caseInsensitive: flags[0], accentInsensitive: flags[1], padSpace: flags[2] }
                  : null,
            })),
            where: null,
            limit: 10,
          },
        );
      assert.deepEqual(await found([true, false, false]), [["A", "a"]]);
      assert.deepEqual(await found([false, false, true]), [["c ", "c"]]);
      assert.deepEqual((await found([true, true, false])).toSorted(), [
        ["A", "a"],
        ["e", "é"],
      ]);
      assert.deepEqual(await found([true, true, false], ["v", "n"]), [["A, 1", "a, 1"]]);
    });
  });
}
