import type { DigestColumn, DigestRequest, Slice } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { signedSlice } from "../signed-slice.ts";
import { isMeasured } from "../measured-form.ts";
import { formSql } from "./digest-form.ts";
import { ownHash } from "./own-hash.ts";
import { quoted } from "./sql-text.ts";
import { expressionSql, rangeSql, tableKind, valueSql, whereSql } from "./table-source.ts";

/** Names of what {@link formedRows} gives. */
export const rowHash = "h";
/** {@link ownHash} of the row. */
export const rowOwnHash = "o";
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
 * A query of the rows with the forms of key (k0, k1, …) and columns (f0, f1, …) and with their hashes. The planner
 * merges it with the query around it, so that what that does not name is not computed. A form that is dear, and a hash
 * that buckets go by too, are kept apart from it: merged, they would be computed at each place of their name. What keeps
 * them apart is a volatile function; OFFSET 0 would do so too, but keeps workers out.
 */
export async function formedRows(
  session: Session,
  request: DigestRequest,
  wanted: RowsWanted,
): Promise<string> {
  const kind = await tableKind(session, request.table);
  const utf8 = (sql: string) => (kind.utf8 ? sql : `convert_to(${sql}, 'UTF8')`);
  const key = request.key.map((column, n) => ({ ...formSql(column), column, name: keyForm(n) }));
  const columns = request.columns.map((column, n) => ({ ...formSql(column), column, name: columnForm(n) }));
  const all = [...key, ...columns];
  const where = whereSql([
    request.where === null ? null : expressionSql(request.where),
    request.within === undefined ? null : rangeSql(request.within.range, request.within.key),
    ...wanted.conditions,
  ]);
  // The server's own hash is of the columns themselves.
  const isApart = request.own !== true && all.some(({ isDear }) => isDear);
  const outputs = all.map((one) => `${one.form} AS ${one.name}`);
  // Beside a form by its name stands what its length is taken of: the columns themselves.
  const source = isApart
    ? `(SELECT ${[...outputs, barrier].join(", ")} FROM ${kind.from}${where}) AS s`
    : `${kind.from}${where}`;
  const parts = (list: typeof all): RowPart[] =>
    list
      // What only the program compares has another spelling on another server.
      .filter(({ column }) => column.form.kind !== "json" && column.form.kind !== "array")
      .map(({ form, bytes, name, column }) => {
        const sql = isApart ? name : form;
        const length = isApart || bytes === null ? `octet_length(${utf8(sql)})` : bytes;
        if (isMeasured(column.form)) return { sql, length };
        // What concat prints by itself needs no text made of it before.
        return { sql: isApart ? sql : sql.replace(/::text$/, ""), length: null };
      });
  const hashOf = (list: typeof all) => `md5(${utf8(rowText(parts(list)))})`;
  const forms = isApart ? all.map(({ name }) => name) : outputs;
  const select = (...more: readonly string[]) => `SELECT ${[...forms, ...more].join(", ")} FROM ${source}`;
  if (request.own === true) {
    const own = `${ownHash(request)} AS ${rowOwnHash}`;
    return wanted.bucket ? select(own, `${hashOf(key)} AS b`) : select(own);
  }
  if (!wanted.bucket) return wanted.hash ? select(`${hashOf(columns)} AS ${rowHash}`) : select();
  if (key.length > 0) return select(`${hashOf(columns)} AS ${rowHash}`, `${hashOf(key)} AS b`);
  return `SELECT t.*, ${rowHash} AS b FROM (${select(`${hashOf(columns)} AS ${rowHash}`, barrier)}) AS t`;
}

/** Volatile, safe in a worker, and next to free. */
const barrier = "clock_timestamp() AS barrier";

interface RowPart {
  readonly sql: string;
  /** The number of its bytes, where that is part of the text. */
  readonly length: string | null;
}

/** In groups, since a function takes a hundred arguments at most. What is NULL, concat leaves out. */
function rowText(parts: readonly RowPart[]): string {
  const groups: string[] = [];
  for (let at = 0; at < parts.length; at += groupSize) {
    const list = parts
      .slice(at, at + groupSize)
      .flatMap(({ sql, length }) => (length === null ? [sql, "';'"] : [length, "':'", sql, "';'"]));
    groups.push(`concat(${list.join(", ")})`);
  }
  if (groups.length === 0) return "''";
  return groups.length === 1 ? groups[0]! : groups.join(" || ");
}

const groupSize = 24;

/** The part of a slice that is a condition on the key's own column, so that its index serves. */
export function sliceConditions(request: DigestRequest, slice: Slice): string[] {
  if (slice.by !== "key") return [];
  const column = singleKey(request);
  const { after, upTo } = signedSlice(slice);
  return [
    ...(after === null ? [] : [`${column} > ${number(after)}`]),
    ...(upTo === null ? [] : [`${column} <= ${number(upTo)}`]),
  ];
}

export function singleKey(request: DigestRequest): string {
  const [column] = request.key;
  if (column === undefined || request.key.length !== 1)
    throw new Error("a slice by key needs one column of a key");
  return valueSql(column);
}

/** Not as a text, which the server would take for a value of the column's type: it may be one more than that holds. */
function number(digits: string): string {
  if (!/^-?\d+$/.test(digits)) throw new Error(`${digits} is no integer`);
  return digits;
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
