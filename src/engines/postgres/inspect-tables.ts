import type { Column, Constraint, Index, Table } from "../../core/schema.ts";
import { tableOptions } from "./dump-tables.ts";
import type { ColumnRow, ConstraintRow, IndexRow, RelationRow, Relations } from "./inspect-relations.ts";

/** Tables of every sort (ordinary, partitioned, partition, foreign) in the neutral model. */
export function modelTables(relations: Relations, comments: ReadonlyMap<string, string>): Table[] {
  return relations.relations
    .filter((table) => table.kind === "r" || table.kind === "p" || table.kind === "f")
    .map((table) => ({
      schema: table.schema,
      name: table.name,
      columns: (relations.columns.get(table.oid) ?? []).map((column) =>
        modelColumn(column, comments.get(`pg_class:${table.oid}:${column.number}`) ?? null),
      ),
      constraints: (relations.constraints.get(table.oid) ?? []).map(modelConstraint),
      indexes: (relations.indexes.get(table.oid) ?? [])
        .filter((index) => index.constraint === null)
        .map(modelIndex),
      comment: comments.get(`pg_class:${table.oid}:0`) ?? null,
      options: options(table),
    }));
}

function modelColumn(column: ColumnRow, comment: string | null): Column {
  const generated = column.generated !== "";
  return {
    name: column.name,
    type: column.type,
    nullable: !column.notNull,
    default: generated ? null : column.default,
    generated: generated ? { expression: column.default ?? "", stored: column.generated === "s" } : null,
    identity: column.identity === "a" ? "always" : column.identity === "d" ? "by default" : null,
    collation: column.collation,
    comment,
  };
}

const kinds = {
  p: "primary key",
  u: "unique",
  f: "foreign key",
  c: "check",
  x: "exclusion",
  n: "not null",
} as const;

function modelConstraint(one: ConstraintRow): Constraint {
  return {
    name: one.name,
    kind: kinds[one.kind],
    columns: one.columns ?? [],
    definition: one.definition,
    references:
      one.kind === "f" && one.refSchema !== null && one.refTable !== null
        ? { schema: one.refSchema, table: one.refTable, columns: one.refColumns ?? [] }
        : null,
    validated: one.validated,
  };
}

function modelIndex(index: IndexRow): Index {
  return {
    name: index.name,
    unique: index.unique,
    keys: index.keys,
    valid: index.valid,
    definition: index.definition,
  };
}

function options(table: RelationRow): string {
  const parents = (table.parents ?? []).map((parent) => parent.full).join(", ");
  return [
    ...(table.unlogged ? ["UNLOGGED"] : []),
    ...(parents === ""
      ? []
      : [table.isPartition ? `PARTITION OF ${parents} ${table.bound}` : `INHERITS (${parents})`]),
    ...tableOptions(table),
    ...(table.ofType === null ? [] : [`OF ${table.ofType}`]),
    ...(table.rowSecurity ? ["ENABLE ROW LEVEL SECURITY"] : []),
    ...(table.forceRowSecurity ? ["FORCE ROW LEVEL SECURITY"] : []),
  ].join(" ");
}
