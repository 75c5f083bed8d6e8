import type { TableName } from "../../core/portable.ts";
import type { ChunkRole, Greatest, KeyColumn, KeyValues, Range, SplitRequest } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { collectRows } from "./copy-rows.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";
import { type TableKind, tableKind } from "./table-source.ts";
import { postgresBytesPrefix, wireSql } from "./wire-form.ts";

export const chunk: ChunkRole = { split, greatest };

async function split(session: Session, request: SplitRequest): Promise<Range[]> {
  const { estimate, chunkBytes, key } = request;
  const count = Math.ceil(estimate.bytes / Math.max(1, chunkBytes));
  if (count <= 1) return [{ by: "all" }];
  const kind = await tableKind(session, request.table);
  if (key.length === 0) return byPage(session, request, kind, count);
  const bounds =
    (await evenBounds(session, request, kind, count)) ?? (await walkedBounds(session, request, kind, count));
  return between(bounds);
}

/** The ranges that the bounds leave: (-∞, a], (a, b], …, (z, ∞). */
function between(bounds: readonly KeyValues[]): Range[] {
  return Array.from({ length: bounds.length + 1 }, (_, n) => ({
    by: "key",
    after: bounds[n - 1] ?? null,
    upTo: bounds[n] ?? null,
  }));
}

/**
 * Of an integer key without many gaps, ends at equal distances: two look-ups in the index instead of a walk through
 * it. Null where the key is another, or its values are not spread as rows are.
 */
async function evenBounds(
  session: Session,
  { key, estimate }: SplitRequest,
  { from }: TableKind,
  count: number,
): Promise<KeyValues[] | null> {
  const [column] = key;
  if (key.length !== 1 || column?.type.kind !== "integer" || estimate.rows < 1) return null;
  const name = quoted(column.name);
  const [row] = await collectRows(session, `SELECT min(${name}), max(${name}) FROM ${from}`);
  const [least, greatest] = row ?? [];
  if (typeof least !== "string" || typeof greatest !== "string") return [];
  const [low, span] = [BigInt(least), BigInt(greatest) - BigInt(least) + 1n];
  if (span > (BigInt(Math.ceil(estimate.rows)) * 3n) / 2n) return null;
  const parts = span < BigInt(count) ? span : BigInt(count);
  return Array.from({ length: Number(parts) - 1 }, (_, n) => [
    String(low + (span * BigInt(n + 1)) / parts - 1n),
  ]);
}

/** Each so-many-th key, in the order of the key's index, which the server reads without the rows where it can. */
async function walkedBounds(
  session: Session,
  { table, key, estimate }: SplitRequest,
  { from }: TableKind,
  count: number,
): Promise<KeyValues[]> {
  let { rows } = estimate;
  if (rows < 1) {
    const [row] = await collectRows(session, `SELECT count(*) FROM ${from}`);
    rows = Number(row?.[0] ?? 0);
  }
  const step = Math.max(1, Math.ceil(rows / count));
  const names = key.map((column) => quoted(column.name)).join(", ");
  const texts = key.map((column) => keySql(column)).join(", ");
  const found = await collectRows(
    session,
    `SELECT ${texts} FROM (SELECT ${names}, row_number() OVER (ORDER BY ${names}) AS "godwit n" FROM ${from}) AS k
     WHERE "godwit n" % ${step} = 0`,
  );
  return found.map((values) => values.map((value) => value ?? nullInKey(tableSql(table))));
}

function keySql(column: KeyColumn): string {
  return wireSql(quoted(column.name), column.type, column.type, { bytesPrefix: postgresBytesPrefix });
}

function nullInKey(table: string): never {
  throw new Error(`a column of the key of ${table} holds NULL`);
}

/** Ranges of pages are read without an index from PostgreSQL 14; before, each would scan the whole table. */
async function byPage(
  session: Session,
  { table }: SplitRequest,
  kind: TableKind,
  count: number,
): Promise<Range[]> {
  if (!kind.hasPages || kind.version < 140_000) return [{ by: "all" }];
  const [row] = await session.query(
    `SELECT pg_relation_size(${literal(tableSql(table))}::regclass) / current_setting('block_size')::int AS pages`,
  );
  const pages = Number(row?.["pages"] ?? 0);
  const parts = Math.max(1, Math.min(pages, count));
  const starts = Array.from({ length: parts }, (_, n) => Math.floor((pages * n) / parts));
  return starts.map((from, n) => ({ by: "page", from, to: starts[n + 1] ?? null }));
}

/** Two questions, so that an index on the column answers each. */
async function greatest(session: Session, table: TableName, column: KeyColumn): Promise<Greatest> {
  const { from } = await tableKind(session, table);
  const name = quoted(column.name);
  const [last] = await collectRows(
    session,
    `SELECT ${keySql(column)} FROM (SELECT max(${name}) AS ${name} FROM ${from}) AS k`,
  );
  const [unset] = await collectRows(session, `SELECT count(*) FROM ${from} WHERE ${name} IS NULL`);
  return { value: last?.[0] ?? null, unset: BigInt(unset?.[0] ?? 0) };
}
