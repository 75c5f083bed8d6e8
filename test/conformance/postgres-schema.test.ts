import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PortableSchema, PortableTable, PortableType } from "../../src/core/portable.ts";
import type { DdlStatement, TargetTable } from "../../src/engines/data-roles.ts";
import type { Session } from "../../src/engines/engine.ts";
import { normalize } from "../../src/engines/postgres/normalize.ts";
import { render } from "../../src/engines/postgres/render.ts";
import { snapshot } from "../../src/engines/postgres/snapshot.ts";
import { target } from "../support/servers.ts";
import { pieces, table as named, text, withPlace } from "./postgres-data.ts";
import { plainColumn } from "../../src/core/plain-parts.ts";
import { write } from "../../src/engines/postgres/write.ts";

const { skip } = target("postgres");

describe("PostgreSQL: normalize and render", { skip }, () => {
  it("reads the catalogue inside a snapshot, and leaves that as it is", async () => {
    await withPlace(async ({ open }) => {
      const [reader, other] = [await open(), await open()];
      await other.execute("CREATE TABLE one (c int); INSERT INTO one VALUES (1)");
      await snapshot.align([reader]);
      // Touched, as a copy does: no ALTER TABLE passes any more.
      await reader.query("SELECT 1 FROM one WHERE 1 = 0");
      assert.equal((await normalize.schema(reader)).tables.length, 1);
      await other.execute("INSERT INTO one VALUES (2)");
      assert.deepEqual(await reader.query("SELECT c FROM one"), [{ c: 1 }]);
      await other.execute("SET lock_timeout = '200ms'");
      await assert.rejects(other.execute("ALTER TABLE one ADD d int"), /lock timeout/);
      await assert.rejects(reader.query("SELECT 1/0"), /division/);
      await assert.rejects(normalize.schema(reader), /aborted/);
    });
  });

  it("reads the catalogue in the neutral model, and takes no value of a sequence", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      await session.execute(source);
      const before = psql("SELECT last_value, is_called FROM orders_no_seq").toString();
      const schema = await normalize.schema(session);
      assert.equal(psql("SELECT last_value, is_called FROM orders_no_seq").toString(), before);
      assert.deepEqual(
        schema.tables.map((one) => `${one.schema}.${one.name}`),
        ["public.customer", "public.measure", "public.orders", "sales.note"],
      );
      const orders = schema.tables[2]!;
      const types = Object.fromEntries(orders.columns.map((one) => [one.name, one.type]));
      assert.deepEqual(types, {
        id: { kind: "integer", bits: 64, unsigned: false },
        no: { kind: "integer", bits: 32, unsigned: false },
        customer: { kind: "integer", bits: 32, unsigned: false },
        net: { kind: "decimal", precision: 10, scale: 2 },
        gross: { kind: "decimal", precision: 10, scale: 2 },
        how: { kind: "enum", name: "mood", labels: ["sad", "it's", "back\\slash"] },
        even: { kind: "integer", bits: 32, unsigned: false },
        tags: { kind: "array", of: text },
        moods: { kind: "array", of: { kind: "enum", name: "mood", labels: ["sad", "it's", "back\\slash"] } },
        label: { kind: "text", length: 40, fixed: false },
        code: { kind: "text", length: 3, fixed: true },
        at: { kind: "timestamp", precision: 3, zone: true },
        span: { kind: "native", name: "pg_catalog.int4range" },
        doc: { kind: "json", binary: true },
      });
      const [id, no, , , gross, , even] = orders.columns;
      assert.deepEqual(id?.identity, { always: true, next: "1015", increment: "5" });
      assert.deepEqual(no?.identity, { always: false, next: "8", increment: "1" });
      assert.equal(no?.default, null);
      assert.deepEqual([gross?.generated?.text, gross?.generated?.stored], ["(net * 1.2)", true]);
      assert.deepEqual([even?.nullable, even?.default?.text], [false, "2"]);
      assert.deepEqual(orders.checks.map((one) => one.text).toSorted(), [
        '(("even" % 2) = 0)',
        "(net >= (0)::numeric)",
      ]);
      assert.deepEqual(orders.foreignKeys[0], {
        name: "orders_customer_fkey",
        columns: ["customer"],
        references: { schema: "public", name: "customer", columns: ["id"] },
        onUpdate: "cascade",
        onDelete: "set null",
        deferrable: true,
        initiallyDeferred: true,
        match: "simple",
      });
      const [partial] = orders.indexes;
      assert.deepEqual(
        [
          partial?.name,
          partial?.parts.map((part) => [part.column, part.text, part.descending]),
          partial?.include,
          partial?.where?.text,
        ],
        [
          "by_label",
          [
            [null, "lower((label)::text)", true],
            ["no", "no", false],
          ],
          ["net"],
          "(net > (10)::numeric)",
        ],
      );
      assert.deepEqual(schema.tables[1]?.partitioning?.partitions, [
        {
          name: "measure_1",
          from: ["'2024-01-01'"],
          upTo: ["'2025-01-01'"],
          values: null,
          modulus: null,
          isDefault: false,
        },
        { name: "measure_2", from: null, upTo: null, values: null, modulus: null, isDefault: true },
      ]);
      assert.equal(schema.sequences[0]?.next, "40");
      assert.deepEqual(schema.views[0]?.columns, ["id", "n"]);
      assert.deepEqual(
        schema.leftovers.map((one) => `${one.kind} ${one.name} ${one.table?.name ?? ""}`).toSorted(),
        [
          "domain even ",
          "function touch() ",
          "schema sales ",
          "settings options of sequence orders_id_seq orders",
          "trigger customer.t customer",
          "type mood ",
        ],
      );
    });
  });

  it("makes a schema that reads as the one that it was made of", async () => {
    await withPlace(async (from) => {
      await withPlace(async (to) => {
        const [source_, sink] = [await from.open(), await to.open()];
        await source_.execute(source);
        const schema = await normalize.schema(source_);
        for (const name of new Set(schema.tables.map((one) => one.schema)))
          await run(sink, render.schema(name));
        // Within one product a copy makes what tables need first.
        for (const { making } of schema.leftovers.toSorted(
          (a, b) => (a.making?.place ?? 0) - (b.making?.place ?? 0),
        ))
          if (making?.beforeTables === true && making.statements[0]?.startsWith("CREATE SCHEMA") !== true)
            for (const statement of making.statements) await sink.execute(statement);
        await make(sink, schema.tables.map(asTarget));
        // By the server's own views, and not by the reader under test.
        for (const query of independent)
          assert.equal(to.psql(query).toString(), from.psql(query).toString(), query);
        const again = await normalize.schema(sink);
        assert.deepEqual(comparable(again), comparable(schema));
      });
    });
  });

  it("reads the columns' types alone as it reads them with all else", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(`CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN short AS varchar(7)[];
        CREATE TABLE one (gone int, a mood, b short, c numeric(7,2), d timestamptz(3), e bit(3)[], f xml);
        ALTER TABLE one DROP COLUMN gone; CREATE TABLE nothing (); CREATE VIEW seen AS SELECT * FROM one;
        CREATE TABLE parted (c bigint) PARTITION BY HASH (c);
        CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0)`);
      const { tables } = await normalize.schema(session);
      const all = tables.map(({ schema, name, columns }) => ({
        schema,
        name,
        columns: columns.map((column) => ({ name: column.name, type: column.type })),
      }));
      const alone = await normalize.columnTypes!(session);
      assert.deepEqual(
        alone.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
        all,
      );
    });
  });

  it("counts the rows of tables that were filled since they were analyzed", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      const making = `CREATE TABLE plain (c int); CREATE TABLE parted (c int) PARTITION BY HASH (c);
        CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE never (c int)`;
      await session.execute(making);
      for (const name of ["plain", "parted"]) {
        await session.execute(`INSERT INTO ${name} SELECT g FROM generate_series(1, 300) g`);
        await session.execute(`ANALYZE ${name}`);
        await session.execute(`INSERT INTO ${name} SELECT g FROM generate_series(1, 90000) g`);
      }
      const { tables } = await normalize.schema(session);
      for (const { name, estimate } of tables) {
        const [least, most] = name === "never" ? [0, 0] : [60_000, 120_000];
        assert.ok(estimate.rows >= least && estimate.rows <= most, `${name}: ${estimate.rows}`);
      }
    });
  });

  it("gives MySQL's types room for all their values", () => {
    const expected: readonly (readonly [PortableType, string, string, string?])[] = [
      [{ kind: "integer", bits: 8, unsigned: false }, "tinyint(1)", "boolean", "smallint"],
      [{ kind: "integer", bits: 8, unsigned: false }, "tinyint(4)", "smallint"],
      [{ kind: "integer", bits: 8, unsigned: true }, "tinyint(3) unsigned", "smallint"],
      [{ kind: "integer", bits: 16, unsigned: true }, "smallint unsigned", "integer"],
      [{ kind: "integer", bits: 24, unsigned: true }, "mediumint unsigned", "integer"],
      [{ kind: "integer", bits: 32, unsigned: false }, "int(11)", "integer"],
      [{ kind: "integer", bits: 32, unsigned: true }, "int unsigned", "bigint"],
      [{ kind: "integer", bits: 64, unsigned: true }, "bigint unsigned", "numeric(20)"],
      [{ kind: "timestamp", precision: 3, zone: false }, "datetime(3)", "timestamp(3)"],
      [{ kind: "timestamp", precision: 0, zone: true }, "timestamp", "timestamptz(0)"],
      [{ kind: "time", precision: 2, zone: false, signed: true }, "time(2)", "time(2)", "interval(2)"],
      [{ kind: "year" }, "year", "smallint"],
      [{ kind: "set", labels: ["a", "b"] }, "set('a','b')", "text[]"],
      [{ kind: "json", binary: true }, "json", "jsonb"],
      [{ kind: "enum", name: null, labels: ["a"] }, "enum('a')", '"public"."t_c_enum"'],
      [{ kind: "enum", name: null, labels: ["x".repeat(64)] }, "enum(…)", "text"],
      [{ kind: "native", name: "point" }, "point", "text"],
    ];
    for (const [type, declared, sql, otherwise] of expected) {
      const decision = render.type(
        { ...plainColumn("c", type), declared },
        { table: named("t"), keyed: false },
      );
      assert.equal(decision.sql, sql, declared);
      assert.equal(decision.otherwise?.sql, otherwise, declared);
    }
  });

  it("makes a table of MySQL that behaves as it did there", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      const made = asTarget(mysqlTable);
      const { undone } = render.ddl(made);
      assert.deepEqual(undone, [
        "default of t.day: 0000-00-00",
        "FULLTEXT index words: PostgreSQL has no such index",
      ]);
      const ddl = render.ddl(made);
      await run(session, ddl.create);
      const columns = made.columns.map(({ name, decision }) => ({
        name,
        type: decision.type,
        sql: decision.sql,
      }));
      await session.begin();
      await write.load(
        session,
        { table: made, columns, upsertBy: null },
        pieces(
          "18446744073709551615\tA\t1\t{a}\ta\t2020-01-01\t2020-01-01 00:00:00\t7\n3\tB\t0\t{}\tb\t\\N\t2020-01-01 00:00:00\t9\n",
        ),
      );
      await session.commit();
      await run(session, [...ddl.keys, ...ddl.constraints, ...ddl.finish]);
      const out = (sql: string) => psql(`COPY (${sql}) TO STDOUT`).toString().trim();
      assert.equal(out("SELECT nextval(pg_get_serial_sequence('t', 'id'))"), "100");
      await assert.rejects(session.execute("INSERT INTO t (big, name) VALUES (1, 'a')"), /constraint "name"/);
      await assert.rejects(
        session.execute("INSERT INTO t (big, name, labels) VALUES (1, 'c', '{z}')"),
        /t_labels_set/,
      );
      await session.execute("UPDATE t SET flag = flag WHERE name = 'A'");
      assert.equal(out("SELECT touched FROM t WHERE name = 'A'"), "2020-01-01 00:00:00");
      await session.execute("UPDATE t SET touched = '2021-01-01', flag = NOT flag WHERE name = 'A'");
      assert.equal(out("SELECT touched FROM t WHERE name = 'A'"), "2021-01-01 00:00:00");
      await session.execute("UPDATE t SET flag = NOT flag WHERE name = 'A'");
      assert.equal(out("SELECT touched > now() - interval '1 minute' FROM t WHERE name = 'A'"), "t");
      await run(session, render.drop([named("t")]));
      assert.equal(out("SELECT count(*) FROM pg_type WHERE typname LIKE 't\\_%'"), "0");
      assert.equal(out("SELECT count(*) FROM pg_proc WHERE proname LIKE 't\\_%'"), "0");
    });
  });
});

const queries = {
  columns: `SELECT table_schema, table_name, column_name, ordinal_position, column_default, is_nullable,
      format('%s', data_type), character_maximum_length, numeric_precision, numeric_scale, datetime_precision, is_identity,
      identity_increment, is_generated, generation_expression
    FROM information_schema.columns WHERE table_schema IN ('public', 'sales') AND column_name NOT IN ('no', 'how', 'even', 'gross')
      AND table_name <> 'busy' ORDER BY 1, 2, 4`,
  indexes: `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname IN ('public', 'sales') AND indexname <> 'by_label' ORDER BY 1`,
  constraints: `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid >= 16384 AND contype IN ('p', 'u', 'f') ORDER BY 1, 2`,
  partitions: `SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1`,
  comments:
    "SELECT objoid::regclass::text, objsubid, description FROM pg_description WHERE objoid >= 16384 AND classoid = 'pg_class'::regclass ORDER BY 1, 2",
} as const;
const independent = Object.values(queries);

/** Without what a serial and a domain become, statistics, and what the translator of expressions does not know. */
function comparable({ tables }: PortableSchema): unknown {
  return tables.map(({ own, ...one }) => ({
    ...one,
    // Places count whatever else the database has.
    own: JSON.stringify(own, (key, value: unknown) => (key === "place" ? undefined : value)),
    estimate: null,
    checks: null,
    indexes: one.indexes.filter((index) => index.name !== "by_label"),
    columns: one.columns.map((each) => ({ ...each, declared: "", default: null, generated: null })),
  }));
}

function asTarget(one: PortableTable): TargetTable {
  const keyed = new Set([...(one.primaryKey?.columns ?? []), ...one.uniques.flatMap((key) => key.columns)]);
  return {
    ...one,
    columns: one.columns.map((each) => ({
      ...each,
      decision: render.type(each, {
        table: one,
        keyed: keyed.has(each.name),
        identifies: keyed.has(each.name),
      }),
    })),
  };
}

async function make(session: Session, tables: readonly TargetTable[]): Promise<void> {
  const all = tables.map((one) => render.ddl(one));
  for (const phase of ["create", "keys", "constraints", "finish"] as const)
    for (const ddl of all) await run(session, ddl[phase]);
}

async function run(session: Session, statements: readonly DdlStatement[]): Promise<void> {
  for (const { sql, title } of statements)
    await session.execute(sql).catch((error: unknown) => {
      throw new Error(`${title}: ${String(error)}\n${sql}`, { cause: error });
    });
}

const mysqlTable: PortableTable = {
  schema: "",
  name: "t",
  columns: [
    plainColumn("big", { kind: "integer", bits: 64, unsigned: true }, { nullable: false }),
    plainColumn(
      "name",
      { kind: "text", length: 20, fixed: false },
      {
        collation: {
          name: "utf8mb4_general_ci",
          caseInsensitive: true,
          accentInsensitive: true,
          padSpace: true,
        },
      },
    ),
    plainColumn(
      "flag",
      { kind: "integer", bits: 8, unsigned: false },
      {
        declared: "tinyint(1)",
        default: { expression: { kind: "number", value: "1" }, text: "1" },
      },
    ),
    plainColumn(
      "labels",
      { kind: "set", labels: ["a", "b'c"] },
      {
        default: { expression: { kind: "string", value: "a,b'c" }, text: "'a,b''c'" },
      },
    ),
    plainColumn(
      "one",
      { kind: "enum", name: null, labels: ["a", "b"] },
      {
        default: { expression: { kind: "string", value: "b" }, text: "'b'" },
      },
    ),
    plainColumn(
      "day",
      { kind: "date" },
      { default: { expression: { kind: "string", value: "0000-00-00" }, text: "0000-00-00" } },
    ),
    plainColumn("touched", { kind: "timestamp", precision: 0, zone: false }, { onUpdateNow: true }),
    plainColumn(
      "id",
      { kind: "integer", bits: 32, unsigned: true },
      {
        nullable: false,
        identity: { always: false, next: "100", increment: "1" },
      },
    ),
  ],
  primaryKey: { name: "PRIMARY", columns: ["id"] },
  uniques: [{ name: "name", columns: ["name"] }],
  indexes: (["btree", "fulltext"] as const).map((method) => ({
    name: method === "btree" ? "name_2" : "words",
    unique: false,
    method,
    parts: [{ column: "name", expression: null, text: "name", descending: false, prefix: 5 }],
    include: [],
    where: null,
    definition: "KEY",
  })),
  foreignKeys: [],
  checks: [],
  partitioning: null,
  comment: "it's",
  estimate: { rows: 2, bytes: 100 },
};

const source = `
  CREATE SCHEMA sales;
  CREATE TYPE mood AS ENUM ('sad', 'it''s', 'back\\slash');
  CREATE DOMAIN even AS integer DEFAULT 2 NOT NULL CONSTRAINT half CHECK (VALUE % 2 = 0);
  CREATE TABLE customer (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
  COMMENT ON TABLE customer IS 'it''s \\ one';
  COMMENT ON COLUMN customer.name IS 'full';
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000 INCREMENT 5) PRIMARY KEY, no serial,
    customer integer REFERENCES customer ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    net numeric(10, 2) DEFAULT 0.00 CHECK (net >= 0), gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.2) STORED,
    how mood DEFAULT 'sad', even even, tags text[], moods mood[], label varchar(40), code char(3),
    at timestamptz(3), span int4range, doc jsonb, UNIQUE (code, label));
  CREATE INDEX by_label ON orders (lower(label) DESC, no) INCLUDE (net) WHERE net > 10;
  CREATE INDEX by_tags ON orders USING gin (tags);
  CREATE TABLE measure (at date NOT NULL, n integer) PARTITION BY RANGE (at);
  CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE measure_2 PARTITION OF measure DEFAULT;
  ALTER TABLE measure ADD PRIMARY KEY (at, n);
  CREATE TABLE sales.note (id uuid PRIMARY KEY, body text, raw bytea, bits bit(3), r real, f float8, t time(2), i interval, b boolean);
  CREATE VIEW busy AS SELECT id, even AS n FROM orders;
  CREATE SEQUENCE countdown INCREMENT -2 MAXVALUE 50 START 40;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER t BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();
  INSERT INTO orders (net) VALUES (1), (2), (3);
  SELECT setval('orders_no_seq', 7)`;
