import type { IndexPart, PortableIndex } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";

export interface KeyDdl {
  readonly keys: readonly DdlStatement[];
  /** What makes constraints of the unique indexes, at no cost: CREATE INDEX runs beside others, ALTER TABLE does not. */
  readonly constraints: readonly DdlStatement[];
}

export function keyDdl(table: TargetTable, isPartitioned: boolean): KeyDdl {
  const all = [
    ...(table.primaryKey === null ? [] : [{ key: table.primaryKey, kind: "PRIMARY KEY" }]),
    ...table.uniques.map((key) => ({ key, kind: "UNIQUE" })),
  ];
  const made = all.map(({ key, kind }) => {
    const { name } = key;
    const title = kind === "UNIQUE" ? `unique key ${name}` : `primary key of ${table.name}`;
    const columns = key.columns.map(quoted).join(", ");
    const constraint = `ALTER TABLE ${tableSql(table)} ADD CONSTRAINT ${quoted(name)} ${kind}`;
    // An index of a partitioned table cannot become a constraint.
    if (isPartitioned) return { keys: [{ sql: `${constraint} (${columns})`, title }], constraints: [] };
    return {
      keys: [{ sql: `CREATE UNIQUE INDEX ${quoted(name)} ON ${tableSql(table)} (${columns})`, title }],
      constraints: [{ sql: `${constraint} USING INDEX ${quoted(name)}`, title }],
    };
  });
  return {
    keys: made.flatMap(({ keys }) => keys),
    constraints: made.flatMap(({ constraints }) => constraints),
  };
}

export function indexDdl(table: TargetTable, undone: string[]): DdlStatement[] {
  return table.indexes.flatMap((index) => {
    const refuse = (why: string) => {
      undone.push(
        `${index.method === "btree" ? "" : `${index.method.toUpperCase()} `}index ${index.name}: ${why}`,
      );
      return [];
    };
    if (index.own !== undefined) {
      const sql = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quoted(index.name)} ON ${tableSql(table)} ${index.own}`;
      return [{ sql, title: `index ${index.name}` }];
    }
    if (index.method === "fulltext" || index.method === "spatial" || index.method === "other")
      return refuse("PostgreSQL has no such index");
    if (/ [\w."]+_ops\b/.test(index.definition)) return refuse("it has an operator class of its own");
    const parts = index.parts.map((part) => partSql(part, table));
    const where = whereOf(index);
    if (parts.includes(null) || where === null) return refuse(index.definition);
    const { name } = index;
    const method = index.method === "hash" && (index.unique || parts.length > 1) ? "btree" : index.method;
    const include = index.include.length === 0 ? "" : ` INCLUDE (${index.include.map(quoted).join(", ")})`;
    const sql = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quoted(name)} ON ${tableSql(table)} USING ${method} (${parts.join(", ")})${include}${where}`;
    return [{ sql, title: `index ${name}` }];
  });
}

function whereOf(index: PortableIndex): string | null {
  if (index.where === null) return "";
  const sql = index.where.expression === null ? null : printExpression(index.where.expression, "postgres");
  return sql === null ? null : ` WHERE ${sql}`;
}

function partSql(part: IndexPart, table: TargetTable): string | null {
  const order = part.descending ? " DESC" : "";
  if (part.column === null) {
    const sql = part.expression === null ? null : printExpression(part.expression, "postgres");
    return sql === null ? null : `(${sql})${order}`;
  }
  const column = table.columns.find(({ name }) => name === part.column);
  if (column?.decision.type.kind === "json" && column.decision.sql === "json") return null;
  const name = quoted(part.column);
  if (part.prefix === null) return name + order;
  const isBytes = column?.decision.type.kind === "bytes";
  return `${isBytes ? `substring(${name}, 1, ${part.prefix})` : `left(${name}, ${part.prefix})`}${order}`;
}

/** What a type of the source has said of its values and the target's type does not. */
export function labelChecks(column: TargetColumn): { readonly suffix: string; readonly sql: string } | null {
  const { type, decision } = column;
  const name = quoted(column.name);
  if (type.kind === "set" && decision.type.kind === "array")
    return { suffix: "set", sql: `${name} <@ ARRAY[${type.labels.map(literal).join(", ")}]::text[]` };
  if (type.kind === "enum" && decision.type.kind === "text" && type.labels.length > 0)
    return { suffix: "enum", sql: `${name} IN (${type.labels.map(literal).join(", ")})` };
  return null;
}
