import assert from "node:assert/strict";
import { test } from "node:test";
import type { TargetTable } from "../engines/data-roles.ts";
import { traits as mysql } from "../engines/mysql/traits.ts";
import { traits as postgres } from "../engines/postgres/traits.ts";
import { plainTable } from "../core/plain-parts.ts";
import { withObjectNames } from "./object-names.ts";

const key = (name: string) => ({ name, columns: ["id"] });

function table(name: string, parts: Partial<TargetTable>): TargetTable {
  return { ...plainTable(name, []), ...parts };
}

const index = (name: string) => ({
  name,
  unique: false,
  method: "btree" as const,
  parts: [],
  include: [],
  where: null,
  definition: "",
});
const check = (name: string) => ({ name, expression: null, text: "" });
const indexNames = (tables: readonly TargetTable[]) =>
  tables.map(({ indexes }) => indexes.map(({ name }) => name));

test("names that a schema has once are made of the table's and their own", () => {
  const tables = [
    table("orders", { indexes: [index("by_day"), index("orders_day")], checks: [check("positive")] }),
    table("items", { indexes: [index("by_day")], checks: [check("positive")] }),
  ];
  const made = withObjectNames(tables, postgres, false);
  assert.deepEqual(indexNames(made), [["orders_by_day", "orders_day"], ["items_by_day"]]);
  assert.deepEqual(
    made.map(({ checks }) => checks[0]!.name),
    ["positive", "positive"],
  );
  const other = withObjectNames(tables, mysql, false);
  assert.deepEqual(indexNames(other), [["by_day", "orders_day"], ["by_day"]]);
  assert.deepEqual(
    other.map(({ checks }) => checks[0]!.name),
    ["orders_positive", "items_positive"],
  );
});

test("within an engine they stay, and only what is taken is numbered", () => {
  const tables = [
    table("users", {
      primaryKey: key("pk"),
      uniques: [key("uq_mail")],
      checks: [check("positive")],
      indexes: [index("orders")],
    }),
    table("orders", { checks: [check("positive")] }),
  ];
  const [users] = withObjectNames(tables, postgres, true);
  assert.deepEqual(
    [users!.primaryKey!.name, users!.uniques[0]!.name, users!.indexes[0]!.name],
    // An index beside a table of that name.
    ["pk", "uq_mail", "orders_2"],
  );
  assert.deepEqual(
    // The checks of MariaDB are their table's, those of MySQL their database's.
    withObjectNames(tables, mysql, true).map(({ checks }) => checks[0]!.name),
    ["positive", "positive_2"],
  );
});

test("two tables whose names begin alike keep their indexes apart", () => {
  const tables = [
    table("item", { indexes: [index("item_part_id")] }),
    table("item_part", { indexes: [index("item_part_id"), index("id")] }),
  ];
  assert.deepEqual(indexNames(withObjectNames(tables, postgres, false)), [
    ["item_part_id"],
    ["item_part_id_2", "item_part_id_3"],
  ]);
});

test("what an engine does not take is changed, and two long names stay two", () => {
  const long = "x".repeat(80);
  const [made] = withObjectNames(
    [table("t", { indexes: [index("😀"), index(`${long}1`), index(`${long}2`), index("end ")] })],
    mysql,
    false,
  );
  const names = made!.indexes.map(({ name }) => name);
  assert.equal(new Set(names).size, 4);
  for (const name of names) assert.equal(mysql.refusesName(name), null, name);
});
