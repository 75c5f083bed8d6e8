import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { PortableColumn, PortableTable, PortableType } from "../../src/core/portable.ts";
import type { TargetTable } from "../../src/engines/data-roles.ts";
import { declaredType } from "../../src/engines/sqlite/declared-type.ts";
import { normalize } from "../../src/engines/sqlite/normalize.ts";
import { render } from "../../src/engines/sqlite/render.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { plainColumn, plainTable } from "../../src/core/plain-parts.ts";
import { execute, select, types } from "./sqlite-roles.ts";

const source = `
  CREATE TABLE "Parent" (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL COLLATE NOCASE UNIQUE);
  CREATE TABLE child (
    a INTEGER, b TEXT DEFAULT 'it''s', p INT CONSTRAINT to_parent REFERENCES parent ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    q INT, price DECIMAL(10, 2) DEFAULT 1.5 CHECK (price > 0), made DATETIME DEFAULT CURRENT_TIMESTAMP,
    twice INT GENERATED ALWAYS AS (q * 2) STORED, untyped,
    PRIMARY KEY (b, a), UNIQUE (q, p), CONSTRAINT positive CHECK (q > 0),
    FOREIGN KEY (q) REFERENCES child2 (x) ON UPDATE SET NULL
  );
  CREATE TABLE child2 (x INTEGER PRIMARY KEY, flag BOOLEAN) STRICT_PLACEHOLDER;
  CREATE TABLE strict_one (k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
  CREATE INDEX by_price ON child (price DESC, lower(b) COLLATE NOCASE, "p" ASC) WHERE q IS NOT NULL;
  CREATE VIEW cheap (what) AS SELECT b FROM child WHERE price < 2;
  CREATE TRIGGER watch AFTER INSERT ON child BEGIN SELECT 1; END;
  CREATE VIRTUAL TABLE words USING fts5(body);
  CREATE TABLE godwit_step (a);
  CREATE TABLE godwit_of_the_user (a);
  INSERT INTO "Parent" VALUES (7, 'x'), (3, 'y');
  DELETE FROM "Parent" WHERE id = 7;
  INSERT INTO child2 VALUES (41, 1);
`.replace(" STRICT_PLACEHOLDER", "");

test("the schema comes out whole", async (t) => {
  const path = join(scratch(t), "a.db");
  execute(path, source);
  const schema = await normalize.schema(await openFor(t, path));
  assert.deepEqual(
    schema.tables.map(({ name }) => name),
    ["Parent", "child", "child2", "godwit_of_the_user", "strict_one"],
  );
  const [parent, child, child2, , strict] = schema.tables as [
    PortableTable,
    PortableTable,
    PortableTable,
    PortableTable,
    PortableTable,
  ];
  assert.deepEqual(
    parent.columns.map(({ identity }) => identity),
    [{ always: false, next: "8", increment: "1" }, null],
  );
  assert.equal(child2.columns[0]!.identity?.next, "42");
  assert.deepEqual(parent.columns[1]!.collation, {
    name: "NOCASE",
    caseInsensitive: true,
    accentInsensitive: false,
    padSpace: false,
  });
  assert.deepEqual(parent.uniques, [{ name: "Parent_name_key", columns: ["name"] }]);
  assert.deepEqual(child.primaryKey, { name: "child_pkey", columns: ["b", "a"] });
  assert.deepEqual(
    child.columns.map(({ name, type, nullable, advisory }) => [name, type.kind, nullable, advisory]),
    [
      ["a", "integer", false, true],
      ["b", "text", false, true],
      ["p", "integer", true, true],
      ["q", "integer", true, true],
      ["price", "decimal", true, true],
      ["made", "timestamp", true, true],
      ["twice", "integer", true, true],
      ["untyped", "any", true, false],
    ],
  );
  assert.deepEqual(
    strict.columns.map(({ nullable, advisory }) => [nullable, advisory]),
    [
      [false, false],
      [true, false],
    ],
  );
  assert.equal(child.columns[6]!.generated?.text, "q * 2");
  assert.deepEqual(child.columns[1]!.default, {
    expression: { kind: "string", value: "it's" },
    text: "'it''s'",
  });
  assert.deepEqual(
    child.checks.map(({ name, text }) => [name, text]),
    [
      ["child_check", "price > 0"],
      ["positive", "q > 0"],
    ],
  );
  assert.deepEqual(
    child.foreignKeys.map(({ name, columns, references, onDelete, onUpdate, initiallyDeferred }) => [
      name,
      columns,
      references.name,
      references.columns,
      onDelete,
      onUpdate,
      initiallyDeferred,
    ]),
    [
      ["to_parent", ["p"], "Parent", ["id"], "cascade", "no action", true],
      ["child_q_fkey", ["q"], "child2", ["x"], "no action", "set null", false],
    ],
  );
  const [index] = child.indexes;
  assert.deepEqual(
    index!.parts.map(({ column, text, descending }) => [column, text, descending]),
    [
      ["price", "price", true],
      [null, "lower(b)", false],
      ["p", "p", false],
    ],
  );
  assert.equal(index!.where?.text, "q IS NOT NULL");
  assert.deepEqual(
    schema.views.map(({ text, columns }) => [text, columns]),
    [["SELECT b FROM child WHERE price < 2", ["what"]]],
  );
  assert.deepEqual(
    schema.leftovers.map(({ kind, name }) => [kind, name]),
    [
      ["collation of index", "by_price"],
      ["virtual table", "words"],
      ["trigger", "watch"],
    ],
  );
});

test("declared types", () => {
  const cases: readonly (readonly [string, PortableType])[] = [
    ["", { kind: "any" }],
    ["INT UNSIGNED", { kind: "integer", bits: 64, unsigned: true }],
    ["smallint", { kind: "integer", bits: 16, unsigned: false }],
    ["UNSIGNED BIG INT", { kind: "integer", bits: 64, unsigned: true }],
    ["numeric(12)", { kind: "decimal", precision: 12, scale: 0 }],
    ["NUMERIC", { kind: "decimal", precision: null, scale: null }],
    ["NATIVE CHARACTER(70)", { kind: "text", length: 70, fixed: false }],
    ["DOUBLE PRECISION", { kind: "float", bits: 64 }],
    ["timestamp(3) with time zone", { kind: "timestamp", precision: 3, zone: true }],
    ["STRING", { kind: "text", length: null, fixed: false }],
    ["FLOATING POINT", { kind: "integer", bits: 64, unsigned: false }],
    ["mediumblob", { kind: "bytes", length: null, fixed: false }],
    ["geometry", { kind: "any" }],
  ];
  for (const [declared, type] of cases) assert.deepEqual(declaredType(declared), type, declared);
});

function targetTable(
  name: string,
  columns: readonly PortableColumn[],
  more: Partial<TargetTable> = {},
): TargetTable {
  const usage = { table: { schema: "", name }, keyed: false };
  return {
    ...plainTable(
      name,
      columns.map((each) => Object.assign({ decision: render.type(each, usage) }, each)),
    ),
    ...more,
  };
}

test("a rendered table takes each type, holds its constraints, and goes on counting", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path);
  const fk = {
    name: "to_self",
    columns: ["parent"],
    references: { schema: "", name: "it's", columns: ["id"] },
    onUpdate: "no action",
    onDelete: "set null",
    deferrable: true,
    initiallyDeferred: true,
    match: "simple",
  } as const;
  const table = targetTable(
    "it's",
    [
      plainColumn("id", types.integer, {
        nullable: false,
        identity: { always: false, next: "100", increment: "1" },
      }),
      plainColumn("parent", types.integer),
      plainColumn("flag", types.boolean, {
        default: { expression: { kind: "boolean", value: true }, text: "true" },
      }),
      plainColumn("price", types.decimal, {
        default: { expression: { kind: "number", value: "1.50" }, text: "1.50" },
      }),
      plainColumn("big", { kind: "integer", bits: 64, unsigned: true }),
      plainColumn("name", types.text, {
        collation: {
          name: "utf8mb4_general_ci",
          caseInsensitive: true,
          accentInsensitive: true,
          padSpace: true,
        },
      }),
      plainColumn("mood", { kind: "enum", name: null, labels: ["a", "it's"] }),
      plainColumn("list", { kind: "array", of: types.integer }),
      plainColumn("anything", types.any),
    ],
    {
      primaryKey: { name: "pk", columns: ["id"] },
      uniques: [{ name: "uq", columns: ["name"] }],
      foreignKeys: [fk],
      comment: "about",
      checks: [{ name: "c", expression: null, text: "f(x)" }],
    },
  );
  assert.match(table.columns[5]!.decision.loses ?? "", /NOCASE/);
  const ddl = render.ddl(table);
  assert.deepEqual(ddl.undone, ["check c of it's: f(x)", "comment on it's"]);
  for (const { sql } of ddl.create) await session.execute(sql);
  await session.run(
    `INSERT INTO "it's" VALUES (5, NULL, 1, '2.50', '18446744073709551615', 'É', 'it''s', '[1]', 1)`,
    [],
  );
  for (const { sql } of [...ddl.keys, ...ddl.constraints, ...ddl.finish]) await session.execute(sql);
  await session.run(`INSERT INTO "it's" (parent, name) VALUES (5, 'x')`, []);
  assert.deepEqual(select(path, `SELECT id, flag, price, typeof(price), big, typeof(anything) FROM "it's"`), [
    [5n, 1n, "2.50", "text", "18446744073709551615", "integer"],
    [100n, 1n, "1.50", "text", null, "null"],
  ]);
  await assert.rejects(session.run(`INSERT INTO "it's" (flag) VALUES (2)`, []), /CHECK/);
  await assert.rejects(session.run(`INSERT INTO "it's" (mood) VALUES ('b')`, []), /CHECK/);
  await assert.rejects(session.run(`INSERT INTO "it's" (name) VALUES ('X')`, []), /UNIQUE/);
  await session.run(`INSERT INTO "it's" (parent) VALUES (77)`, []);
  for (const { sql } of ddl.constraints)
    await assert.rejects(session.execute(sql), /rows of it''s refer to rows/);
  for (const { sql } of [...render.truncate([table]), ...render.drop([table])]) await session.execute(sql);
});

test("a schema that was read makes the same schema again, as far as SQLite's own types go", async (t) => {
  const folder = scratch(t);
  const path = join(folder, "a.db");
  execute(path, source);
  const first = await normalize.schema(await openFor(t, path));
  const copy = await openFor(t, join(folder, "b.db"));
  for (const table of first.tables) {
    const usage = { table, keyed: false };
    const columns = table.columns.map((each) => Object.assign({ decision: render.type(each, usage) }, each));
    const ddl = render.ddl(Object.assign({}, table, { columns }));
    for (const { sql } of [...ddl.create, ...ddl.keys]) await copy.execute(sql);
  }
  const again = await normalize.schema(copy);
  const keys = (tables: readonly PortableTable[]) =>
    tables.map(({ name, columns, primaryKey, foreignKeys, uniques, indexes }) => ({
      name,
      columns: columns.map((each) => each.name),
      primaryKey: primaryKey?.columns,
      foreignKeys,
      uniques: [...uniques, ...indexes.filter(({ unique }) => unique)].map((each) => each.name),
    }));
  assert.deepEqual(keys(again.tables), keys(first.tables));
});
