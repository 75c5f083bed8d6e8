import type { PortableColumn, PortableTable, PortableType } from "../../core/portable.ts";
import { applyRules, type RuledTables } from "./apply.ts";
import type { MappingRules } from "./model.ts";
import { plainColumn, plainTable } from "../../core/plain-parts.ts";
import { readRules } from "./read-rules.ts";

/* What the tests of the rules share: small tables, and both notations read from values. */

export function column(
  name: string,
  type: PortableType = text(),
  more: Partial<PortableColumn> = {},
): PortableColumn {
  return plainColumn(name, type, more);
}

export function text(length: number | null = null): PortableType {
  return { kind: "text", length, fixed: false };
}

export const int4: PortableType = { kind: "integer", bits: 32, unsigned: false };

export function table(
  name: string,
  columns: readonly PortableColumn[],
  more: Partial<PortableTable> = {},
): PortableTable {
  return plainTable(name, columns, { schema: "public", ...more });
}

export const people = table(
  "people",
  [column("id", int4, { nullable: false }), column("name"), column("email", text(80)), column("phone")],
  { primaryKey: { name: "people_pkey", columns: ["id"] } },
);
export const orders = table("orders", [
  column("id", int4, { nullable: false }),
  column("person", int4),
  column("total", { kind: "decimal", precision: 12, scale: 2 }),
  column("placed", { kind: "timestamp", precision: 6, zone: false }),
  column("paid", { kind: "boolean" }),
]);

export function read(value: unknown): MappingRules {
  return readRules([{ file: "rules.json", value }]);
}

/** A table mapping of DMS: includes everything, and then these rules with ids from 2. */
export function mapping(...rules: readonly Record<string, unknown>[]): unknown {
  return {
    rules: [
      selection({}),
      ...rules.map((rule, n) => Object.assign({ "rule-id": String(n + 2), "rule-name": `r${n + 2}` }, rule)),
    ],
  };
}

export function selection(more: Record<string, unknown>): Record<string, unknown> {
  return {
    "rule-type": "selection",
    "rule-id": "1",
    "rule-name": "1",
    "object-locator": { "schema-name": "%", "table-name": "%" },
    "rule-action": "include",
    ...more,
  };
}

export function transformation(
  target: string,
  action: string,
  locator: Record<string, string>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    "rule-type": "transformation",
    "rule-target": target,
    "object-locator": { "schema-name": "%", ...locator },
    "rule-action": action,
    ...more,
  };
}

export function apply(value: unknown, tables: readonly PortableTable[] = [people, orders]): RuledTables {
  return applyRules(tables, {
    rules: read(value),
    schemaNames: ({ schema }) => [schema === "" ? "shop" : schema],
    dialect: "postgres",
  });
}
