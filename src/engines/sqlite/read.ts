import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { ReadRequest, ReadRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { type Found, findRows, rowidBounds } from "./read-range.ts";
import { limited } from "./limited.ts";
import { copyText } from "./raw-rows.ts";
import { largestValue, streamRow } from "./read-wide.ts";
import { type RowSql, rowSql, toUtf8 } from "./row-sql.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { trimFractions } from "./trim-fractions.ts";
import { printed } from "./value-sql.ts";
import { registerWireFunctions } from "./wire-functions.ts";

/** SQLite works in this process: a piece takes a few milliseconds, and between two of them the program runs. */
const pieceBytes = 256 * 1024;
const mostRows = 2000;
/** No value or piece grows beyond it by surprise: SQLite then refuses, and fewer rows are asked for. */
const heldBytes = 4 * 1024 * 1024;

/**
 * SQLite formats the rows and joins many to a piece, so that little is done for each row here. Pieces are made
 * in a quick form first; one that holds anything unusual is made again in the exact form.
 */
export const read: ReadRole = {
  longestValue: { bytes: largestValue, because: "SQLite's driver reads a value as a whole" },
  rows: (session, request) => rows(session, request, false),
  native: (session, request) => rows(session, request, true),
};

function rows(session: Session, request: ReadRequest, tagged: boolean): AsyncIterable<Uint8Array> {
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  const shape = readShape(database, request.table.name);
  const row = rowSql(request, shape, tagged);
  return readRows(database, request, shape, row, (raw, count) => copyText(raw, { ...row, rows: count }));
}

/**
 * The rows of a request by the SQL of `row`. What its quick form has made of some rows is given to `quick`, which makes
 * pieces of it, maybe empty ones, or says by null that they have to be made in the exact form.
 */
export async function* readRows(
  database: DatabaseSync,
  request: ReadRequest,
  shape: TableShape,
  row: RowSql,
  quick: QuickRows,
): AsyncIterable<Uint8Array> {
  const from = `main.${traits.quote(request.table.name)}`;
  const where = request.where === null ? null : printed(request.where);
  const bounds = rowidBounds(request, shape);
  const trim = row.trimmed.includes(true) ? trimFractions(row.trimmed) : null;
  const spell = (piece: Uint8Array) => {
    const utf8 = shape.utf16 === false ? piece : toUtf8(piece, shape.utf16);
    return trim === null ? utf8 : trim(utf8);
  };
  const wide = async function* (place: { readonly match: string; readonly key: readonly SQLInputValue[] }) {
    const pieces = streamRow(database, request, shape, place, row.tagged);
    for await (const piece of pieces) yield trim === null ? piece : trim(piece);
  };
  const ways = { spell, wide };
  if (bounds === null) yield* scan(database, row, findRows(request, shape, where), ways);
  else yield* byRowid(database, row, quick, { from, where, rowid: shape.rowid!, ...bounds }, ways);
}

/** From what SQLite gives to the wire form. */
interface Ways {
  /** A piece in the exact form, in the database's encoding. */
  readonly spell: (piece: Uint8Array) => Uint8Array;
  /** A row that is too wide to be made as a whole. */
  readonly wide: (place: {
    readonly match: string;
    readonly key: readonly SQLInputValue[];
  }) => AsyncIterable<Uint8Array>;
}

export type QuickRows = (raw: Uint8Array, rows: number) => Uint8Array | null;

interface Walk {
  readonly from: string;
  readonly where: string | null;
  readonly rowid: string;
  /** Exclusive; null is no bound. */
  readonly after: bigint | null;
  /** Inclusive. */
  readonly upTo: bigint | null;
}

/** Pieces by the rowid, each with a limit of its own. */
async function* byRowid(
  database: DatabaseSync,
  row: RowSql,
  quick: QuickRows,
  walk: Walk,
  { spell, wide }: Ways,
): AsyncIterable<Uint8Array> {
  const { from, rowid, upTo } = walk;
  const select = (columns: string, first: boolean) =>
    `SELECT ${rowid} AS k, ${columns} FROM ${from} WHERE ${[
      ...(walk.where === null ? [] : [`(${walk.where})`]),
      first ? "?1 IS NULL" : `${rowid} > ?1`,
      ...(upTo === null ? [] : [`${rowid} <= ${upTo}`]),
    ].join(" AND ")} ORDER BY ${rowid} LIMIT ?2`;
  const statements = (first: boolean) => ({
    quick:
      row.quick === null
        ? null
        : prepared(
            database,
            `SELECT max(k), count(*), CAST(group_concat(r, '') AS BLOB), ${row.odd === null ? 0 : "total(o)"} FROM (${select(`${row.quick} AS r${row.odd === null ? "" : `, ${row.odd} AS o`}`, first)})`,
          ),
    exact: prepared(
      database,
      `SELECT max(k), count(*), CAST(group_concat(r, '') AS BLOB) FROM (${select(`${row.exact} AS r`, first)})`,
    ),
    next: prepared(database, `SELECT k FROM (${select("1", first)})`),
  });
  let after = walk.after;
  let use = statements(after === null);
  let limit = 64;
  /** Pieces still to be made exactly at once, since the last quick one was for nothing. */
  let exactly = 0;
  for (;;) {
    let piece: readonly unknown[] | null = null;
    let size = 0;
    let exact = use.quick === null || exactly > 0;
    if (!exact) {
      piece = limited(database, heldBytes, () => use.quick!.get(after, limit));
      if (piece !== null && piece[0] !== null) {
        const [last, count, bytes, odd] = piece as [bigint, bigint, Uint8Array, bigint | number];
        const text = odd > 0 ? null : quick(bytes, Number(count));
        size = bytes.length;
        piece = [last, count, text];
        if (text === null) {
          exact = true;
          exactly = 8;
        }
      }
    } else if (exactly > 0) exactly--;
    if (exact) piece = limited(database, heldBytes, () => use.exact.get(after, limit));
    if (piece === null) {
      if (limit > 1) {
        limit = Math.max(1, limit >> 3);
        continue;
      }
      const [key] = use.next.get(after, 1) as unknown as [bigint];
      yield* wide({ match: `${rowid} = ?1`, key: [key] });
      if (after === null) use = statements(false);
      after = key;
      continue;
    }
    const [last, count, bytes] = piece as [bigint | null, bigint, Uint8Array];
    if (last === null) return;
    if (exact) size = bytes.length;
    if (bytes.length > 0) yield exact ? spell(bytes) : bytes;
    if (after === null) use = statements(false);
    after = last;
    if (count < BigInt(limit)) return;
    const fits = Math.floor((limit * pieceBytes) / Math.max(1, size));
    limit = Math.max(1, Math.min(fits, limit * 4, mostRows));
    await new Promise(setImmediate);
  }
}

/** One statement over all rows, for what has no rowid. */
async function* scan(
  database: DatabaseSync,
  row: RowSql,
  found: Found,
  { spell, wide }: Ways,
): AsyncIterable<Uint8Array> {
  const statement = prepared(
    database,
    `SELECT ${found.key.length === 0 ? "NULL" : `CASE WHEN ${found.width} > ${heldBytes / 16} THEN 1 END`} AS wide,
            CASE WHEN ${found.width} <= ${heldBytes / 16} ${found.key.length === 0 ? "OR 1" : ""} THEN CAST(${row.exact} AS BLOB) END
            ${found.key.map((sql) => `, ${sql}`).join("")}
       FROM ${found.from}`,
  );
  let held: Uint8Array[] = [];
  let size = 0;
  const take = () => {
    const piece = Buffer.concat(held);
    held = [];
    size = 0;
    return spell(piece);
  };
  const wideKeys: SQLInputValue[][] = [];
  // The statement is finished by the loop's end, also when the consumer ends it early.
  for (const values of statement.iterate(...found.parameters) as Iterable<unknown>) {
    const [isWide, bytes, ...key] = values as [bigint | null, Uint8Array, ...SQLInputValue[]];
    if (isWide !== null) {
      wideKeys.push(key);
      continue;
    }
    held.push(bytes);
    size += bytes.length;
    if (size < pieceBytes && held.length < mostRows) continue;
    yield take();
    await new Promise(setImmediate);
  }
  if (size > 0) yield take();
  for (const key of wideKeys) yield* wide({ match: found.match, key });
}

function prepared(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement as unknown as {
    get(...parameters: unknown[]): readonly unknown[];
    iterate(...parameters: unknown[]): Iterable<readonly unknown[]>;
  };
}
