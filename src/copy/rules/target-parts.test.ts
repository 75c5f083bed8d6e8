import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortableForeignKey, PortableIndex, PortableTable } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { targetNames } from "../target-names.ts";
import { apply, column, int4, table } from "./rules.fixture.ts";
import { targetParts } from "./target-parts.ts";

const expression = (words: string) => parseExpression(words, "postgres");
const index = (name: string, columns: readonly string[], where: string | null = null): PortableIndex => ({
  name,
  unique: false,
  method: "btree",
  parts: columns.map((part) => {
    const isName = /^\w+$/.test(part);
    return {
      column: isName ? part : null,
      expression: isName ? null : expression(part),
      text: part,
      descending: false,
      prefix: null,
    };
  }),
  include: [],
  where: where === null ? null : { expression: expression(where), text: where },
  definition: "",
});
const foreignKey = (name: string, own: string, parent: string, columns: string[]): PortableForeignKey => ({
  name,
  columns: [own],
  references: { schema: "public", name: parent, columns },
  onUpdate: "no action",
  onDelete: "cascade",
  deferrable: false,
  initiallyDeferred: false,
  match: "simple",
});

const parent = table("parent", [column("id", int4, { nullable: false }), column("code")], {
  primaryKey: { name: "parent_pkey", columns: ["id"] },
  uniques: [{ name: "parent_code", columns: ["code"] }],
});
const child = table(
  "child",
  [
    column("id", int4, { nullable: false }),
    column("parent", int4),
    column("note"),
    column("size", int4, {
      generated: { expression: expression("length(note)"), text: "length(note)", stored: true },
    }),
  ],
  {
    primaryKey: { name: "child_pkey", columns: ["id"] },
    indexes: [
      index("child_note", ["note", "lower(note)"], "note IS NOT NULL"),
      index("child_parent", ["parent"]),
    ],
    checks: [
      { name: "short", expression: expression("length(note) < 10"), text: "length(note) < 10" },
      { name: "odd", expression: null, text: "odd(id)" },
    ],
    foreignKeys: [foreignKey("child_parent_fkey", "parent", "parent", ["id"])],
  },
);

function made(rules: unknown, tables: readonly PortableTable[] = [parent, child], name = "child") {
  const ruled = apply(rules, tables).tables;
  const all = new Map(ruled.map((each) => [tableKey(each.source), each]));
  return targetParts(all.get(`public.${name}`)!, all);
}

test("without a change of its columns all stays, also what only the source can say", () => {
  const { parts, columns, dropped } = made({ tables: { child: { rename: "kid", mask: { note: "hash" } } } });
  assert.deepEqual(parts.checks, child.checks);
  assert.deepEqual(parts.indexes, child.indexes);
  assert.equal(columns[3]!.generated?.text, "length(note)");
  assert.deepEqual(dropped, []);
});

test("renamed columns are renamed in keys, indexes, checks, foreign keys and generated columns", () => {
  const { parts, columns, dropped } = made({ case: "upper" });
  assert.deepEqual(parts.primaryKey?.columns, ["ID"]);
  assert.deepEqual(
    parts.indexes[0]!.parts.map((part) => part.column ?? printExpression(part.expression!, "postgres")),
    ["NOTE", 'lower("NOTE")'],
  );
  assert.equal(printExpression(parts.indexes[0]!.where!.expression!, "postgres"), '("NOTE" IS NOT NULL)');
  assert.equal(printExpression(parts.checks[0]!.expression!, "postgres"), '(length("NOTE") < 10)');
  assert.deepEqual(parts.foreignKeys[0]!.columns, ["PARENT"]);
  assert.deepEqual(parts.foreignKeys[0]!.references.columns, ["ID"]);
  assert.equal(printExpression(columns[3]!.generated!.expression!, "postgres"), 'length("NOTE")');
  assert.deepEqual(dropped, ["check odd of public.child: a rule leaves out or renames what it speaks of"]);
});

test("what speaks of a column that is left out is not made, and said", () => {
  const { parts, columns, dropped } = made({ tables: { child: { drop: ["note", "parent"] } } });
  assert.deepEqual(parts.indexes, []);
  assert.deepEqual(parts.checks, []);
  assert.deepEqual(parts.foreignKeys, []);
  assert.deepEqual(parts.primaryKey, child.primaryKey);
  // The source's values are copied instead.
  assert.deepEqual(
    columns.map(({ name, generated }) => [name, generated]),
    [
      ["id", null],
      ["size", null],
    ],
  );
  assert.deepEqual(
    dropped.map((text) => text.replace(/ of public.*/, "")),
    [
      "index child_note",
      "index child_parent",
      "check short",
      "check odd",
      "foreign key child_parent_fkey",
      "generation of size",
    ],
  );
});

test("a foreign key to a column that is left out is not made", () => {
  const { parts, dropped } = made({ tables: { parent: { drop: ["id"] } } });
  assert.deepEqual(parts.foreignKeys, []);
  assert.match(dropped[0]!, /foreign key child_parent_fkey/);
  const own = made({ tables: { parent: { drop: ["id"] } } }, [parent, child], "parent");
  assert.equal(own.parts.primaryKey, null);
  assert.match(own.dropped[0]!, /primary key/);
});

test("a foreign key to a key that a rule replaces names the columns it meant", () => {
  const bare = { ...child, foreignKeys: [foreignKey("f", "parent", "parent", [])] };
  const { parts } = made({ tables: { parent: { key: ["code"] } } }, [parent, bare]);
  assert.deepEqual(parts.foreignKeys[0]!.references.columns, ["id"]);
});

test("a key by a rule takes the place of the source's, and its columns hold no NULL", () => {
  const { parts, columns } = made({ tables: { parent: { key: ["code"] } } }, [parent, child], "parent");
  assert.deepEqual(parts.primaryKey, { name: "parent_pkey", columns: ["code"] });
  assert.equal(columns[1]!.nullable, false);
});

const traits = {
  title: "Target",
  transactionalDdl: true,
  concurrentIndex: false,
  lockTimeout: true,
  statementsOutliveClient: true,
  cancellable: true,
  refusesName: (name: string) => (name.length > 63 ? "is longer than the 63 bytes it may have" : null),
  fitName: (name: string) => name,
  sharedNames: { indexes: true, constraints: false },
  distinguishesCase: true,
  quote: (name: string) => name,
  placeholder: String,
};

function named(rules: unknown, sides: { from: string; to: string }, tables: readonly PortableTable[]) {
  const ruled = apply(rules, tables).tables;
  const names = targetNames(
    ruled.map(({ source }) => source),
    { sourceDefault: sides.from, targetDefault: sides.to, traits },
    new Map(ruled.map((each) => [tableKey(each.source), each])),
  );
  return [...names.values()].map(tableKey);
}

test("names of schemas and tables in the target", () => {
  const inSchema = (schema: string) => ({ ...parent, schema });
  const rules = { schemas: { sales: "shop", public: "app" }, tables: { parent: { rename: "p" } } };
  const both = [inSchema("public"), inSchema("sales")];
  assert.deepEqual(named(rules, { from: "public", to: "public" }, both), ["app.p", "shop.p"]);
  assert.deepEqual(named(rules, { from: "public", to: "" }, both), ["p", "shop_p"]);
  assert.deepEqual(named({}, { from: "public", to: "" }, both), ["parent", "sales_parent"]);
  // The database itself is the schema: its name is "shop" in these tests.
  const whole = { schemas: { shop: "app" } };
  assert.deepEqual(named(whole, { from: "", to: "public" }, [inSchema("")]), ["app.parent"]);
  assert.deepEqual(named({}, { from: "", to: "public" }, [inSchema("")]), ["public.parent"]);
});

test("two names that become one are refused", () => {
  const sides = { from: "public", to: "public" };
  assert.throws(() => named({ tables: { child: { rename: "parent" } } }, sides, [parent, child]), {
    code: "GW7004",
    message: /public\.parent and public\.child would both become public\.parent/,
  });
  assert.throws(() => named({ tables: { parent: { columns: { id: "code" } } } }, sides, [parent]), {
    code: "GW7004",
  });
  assert.throws(() => named({ tables: { parent: { add: { code: "1" } } } }, sides, [parent]), {
    code: "GW7004",
  });
  assert.throws(() => named({ tables: { parent: { columns: { id: "x".repeat(64) } } } }, sides, [parent]), {
    code: "GW7004",
    message: /longer than the 63 bytes/,
  });
});
