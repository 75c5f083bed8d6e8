import type { DigestColumn, DigestRequest, Slice } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { formSql } from "./digest-form.ts";
import { quoted } from "./sql-text.ts";
import { expressionSql, rangeSql, tableKind, valueSql, whereSql } from "./table-source.ts";

/** Names of what {@link formedRows} gives. */
export const rowHash = "h";
export const bucketOf = (of: number): string => `('x' || left(b, 8))::bit(32)::bigint % ${of}`;
export const keyForm = (n: number): string => quoted(`k${n}`);
export const columnForm = (n: number): string => quoted(`f${n}`);
/** The first 60 bits of a hash, as a number. */
export const hashNumber = `('x' || left(${rowHash}, 15))::bit(60)::bigint`;

export interface RowsWanted {
  /** Conditions on the table's own columns. */
  readonly conditions: readonly (string | null)[];
  readonly hash: boolean;
  /** The hash that buckets go by, as `b`. */
  readonly bucket: boolean;
}

/**
 * A query of the rows with the forms of key (k0, k1, …) and columns (f0, f1, …) and with their hashes, in nested
 * queries that the planner keeps apart: merged, an expression would stand, and be computed, at each place of its
 * name. What keeps them apart is a volatile function; OFFSET 0 would do so too, but keeps workers out.
 */
export async function formedRows(
  session: Session,
  request: DigestRequest,
  wanted: RowsWanted,
): Promise<string> {
  const kind = await tableKind(session, request.table);
  const utf8 = (sql: string) => (kind.utf8 ? sql : `convert_to(${sql}, 'UTF8')`);
  const key = request.key.map((column, n) => ({
    ...formSql(column),
    name: keyForm(n),
    raw0: quoted(`kr${n}`),
  }));
  const columns = request.columns.map((column, n) => ({
    ...formSql(column),
    name: columnForm(n),
    raw0: quoted(`fr${n}`),
  }));
  const all = [...key, ...columns];
  const where = whereSql([
    request.where === null ? null : expressionSql(request.where),
    request.within === undefined ? null : rangeSql(request.within.range, request.within.key),
    ...wanted.conditions,
  ]);
  const raw = `SELECT ${all.map((one) => `${one.raw} AS ${one.raw0}`).join(", ")}, ${barrier} FROM ${kind.from}${where}`;
  const forms = `SELECT ${all.map((one) => `${one.form(one.raw0)} AS ${one.name}`).join(", ")}, ${barrier} FROM (${raw}) AS r`;
  const hashOf = (names: readonly string[]) => `md5(${utf8(rowText(names, utf8))})`;
  // What only the program compares has another spelling on another server.
  const digested = columns.filter((_, n) => !isForProgram(request.columns[n]!));
  const own = hashOf(digested.map((one) => one.name));
  const hashes = [
    ...(wanted.hash ? [`${own} AS ${rowHash}`] : []),
    ...(wanted.bucket ? [`${key.length === 0 ? own : hashOf(key.map((one) => one.name))} AS b`] : []),
  ];
  return `SELECT ${["s.*", ...hashes].join(", ")} FROM (${forms}) AS s`;
}

function isForProgram({ form }: DigestColumn): boolean {
  return form.kind === "json" || form.kind === "array";
}

/** Volatile, safe in a worker, and next to free. */
const barrier = "clock_timestamp() AS barrier";

/** In groups, since a function takes a hundred arguments at most. */
function rowText(names: readonly string[], utf8: (sql: string) => string): string {
  const groups: string[] = [];
  for (let at = 0; at < names.length; at += groupSize) {
    const parts = names
      .slice(at, at + groupSize)
      .flatMap((name) => [`coalesce('V' || octet_length(${utf8(name)}) || ':', 'N')`, name, "';'"]);
    groups.push(`concat(${parts.join(", ")})`);
  }
  if (groups.length === 0) return "''";
  return groups.length === 1 ? groups[0]! : groups.join(" || ");
}

const groupSize = 30;

/** The part of a slice that is a condition on the key's own column, so that its index serves. */
export function sliceConditions(request: DigestRequest, slice: Slice): string[] {
  if (slice.by !== "key") return [];
  const column = singleKey(request);
  return [
    ...(slice.after === null ? [] : [`${column} > ${number(slice.after)}`]),
    ...(slice.upTo === null ? [] : [`${column} <= ${number(slice.upTo)}`]),
  ];
}

export function singleKey(request: DigestRequest): string {
  const [column] = request.key;
  if (column === undefined || request.key.length !== 1)
    throw new Error("a slice by key needs one column of a key");
  return valueSql(column);
}

function number(digits: string): string {
  if (!/^-?\d+$/.test(digits)) throw new Error(`${digits} is no integer`);
  return `'${digits}'`;
}

/** A condition that finds a key by its form; null where only the form itself can be compared. */
export function keyIs(column: DigestColumn, form: string): string | null {
  const { kind } = column.type;
  const isExact =
    column.value === null &&
    ((kind === "integer" && column.form.kind === "integer") ||
      (kind === "uuid" && column.form.kind === "uuid"));
  return isExact ? `${quoted(column.name)} = '${form.replaceAll("'", "''")}'` : null;
}
