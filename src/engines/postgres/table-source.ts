import type { Expression } from "../../core/expression.ts";
import type { PortableType, RiskKind, TableName } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { KeyColumn, KeyValues, Range } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { acceptedSql } from "./accepted-value.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";

export interface TableKind {
  /** Its rows are in its own pages, which can be read by number. */
  readonly hasPages: boolean;
  /** What a FROM names: without ONLY, a table would come with the rows of those that inherit from it. */
  readonly from: string;
  readonly version: number;
  /** The database holds UTF-8, so that lengths and hashes of its text are those of the text on the wire. */
  readonly utf8: boolean;
}

/** Asked once a session and table. */
export async function tableKind(session: Session, table: TableName): Promise<TableKind> {
  const name = tableSql(table);
  let known = kinds.get(session);
  if (known === undefined) kinds.set(session, (known = new Map()));
  const found = known.get(name);
  if (found !== undefined) return found;
  const [row] = await session.query(
    `SELECT c.relkind::text AS kind, current_setting('server_version_num') AS version,
       current_setting('server_encoding') AS encoding
     FROM pg_catalog.pg_class c WHERE c.oid = ${literal(name)}::regclass`,
  );
  const kind = String(row?.["kind"]);
  const made: TableKind = {
    hasPages: kind === "r" || kind === "m",
    from: kind === "r" ? `ONLY ${name}` : name,
    version: Number(row?.["version"]),
    utf8: row?.["encoding"] === "UTF8",
  };
  known.set(name, made);
  return made;
}

const kinds = new WeakMap<Session, Map<string, TableKind>>();

/** A column, or what a rule has put in its place. */
export function valueSql(column: ValueColumn): string {
  const sql = column.value === null ? quoted(column.name) : expressionSql(column.value);
  const { accepts = [], from, to } = column;
  return accepts.length === 0 || from === undefined || to === undefined
    ? sql
    : `(${acceptedSql(sql, accepts, from, to)})`;
}

/** A timestamp without a zone, in UTC. */
export function utcSql(sql: string, zone: boolean): string {
  return zone ? `(${sql}) AT TIME ZONE 'UTC'` : sql;
}

interface ValueColumn {
  readonly name: string;
  readonly value: Expression | null;
  readonly accepts?: readonly RiskKind[];
  readonly from?: PortableType;
  readonly to?: PortableType;
}

/** WHERE with the conditions that there are, or nothing. */
export function whereSql(conditions: readonly (string | null)[]): string {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? "" : ` WHERE ${given.join(" AND ")}`;
}

export function expressionSql(expression: Expression): string {
  const sql = printExpression(expression, "postgres");
  if (sql === null) throw new Error("an expression that PostgreSQL cannot say has reached a query");
  return `(${sql})`;
}

export function rangeSql(range: Range, key: readonly KeyColumn[]): string | null {
  if (range.by === "all") return null;
  if (range.by === "page") {
    const bounds = [
      `ctid >= '(${range.from},0)'::tid`,
      ...(range.to === null ? [] : [`ctid < '(${range.to},0)'::tid`]),
    ];
    return bounds.join(" AND ");
  }
  const bounds = [
    ...(range.after === null ? [] : [compared(key, ">", range.after)]),
    ...(range.upTo === null ? [] : [compared(key, "<=", range.upTo)]),
  ];
  return bounds.length === 0 ? null : bounds.join(" AND ");
}

/** A comparison of rows goes by the columns' own order; the server takes the constants as of their types. */
function compared(key: readonly KeyColumn[], operator: string, values: KeyValues): string {
  const constants = values.map((value) => literal(value));
  const names = key.map((column) => quoted(column.name));
  if (names.length === 1) return `${names[0]} ${operator} ${constants[0]}`;
  return `(${names.join(", ")}) ${operator} (${constants.join(", ")})`;
}
