import type { DatabaseSync } from "node:sqlite";
import type { TableName } from "../../core/portable.ts";
import type { ChunkRole, Greatest, KeyColumn, Range, SplitRequest } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { keyText } from "./key-text.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { registerWireFunctions } from "./wire-functions.ts";

export const chunk: ChunkRole = { split, greatest };

const mostChunks = 100_000n;
/** Places of a table that are looked at to see whether its rowids lie evenly, and rows that are counted at each. */
const probes = 16n;
const probedRows = 200;

async function split(session: Session, request: SplitRequest): Promise<Range[]> {
  const owner = sessionOf(session);
  return owner.patiently((database) => {
    registerWireFunctions(database);
    const shape = readShape(database, request.table.name);
    const wanted = BigInt(Math.ceil(request.estimate.bytes / request.chunkBytes) || 1);
    const chunks = wanted > mostChunks ? mostChunks : wanted;
    if (shape.rowid !== null) return byRowid(database, request, shape, chunks);
    return chunks === 1n || request.key.length === 0
      ? [{ by: "all" }]
      : byKey(database, request, shape, chunks);
  });
}

function byRowid(database: DatabaseSync, request: SplitRequest, shape: TableShape, chunks: bigint): Range[] {
  const rowid = shape.rowid!;
  const table = `main.${traits.quote(request.table.name)}`;
  // Each of the two is one step in the tree; together in one query they would be a scan.
  const edge = (what: string) =>
    database.prepare(`SELECT ${what}(${rowid}) AS k FROM ${table}`).get()!.k as bigint | null;
  const [least, greatest] = [edge("min"), edge("max")];
  if (least === null || greatest === null) return [{ by: "all" }];
  const isKey =
    request.key.length === 1 && request.key[0]!.name.toLowerCase() === shape.rowidColumn?.toLowerCase();
  const safe = least > BigInt(Number.MIN_SAFE_INTEGER) && greatest < BigInt(Number.MAX_SAFE_INTEGER);
  if (!isKey && !safe) return [{ by: "all" }];
  const bounds = isEven(database, table, rowid, least, greatest)
    ? evenBounds(least, greatest, chunks)
    : countedBounds(database, table, rowid, chunks);
  return ranges(bounds, (after, upTo) =>
    isKey
      ? {
          by: "key",
          after: after === null ? null : [String(after)],
          upTo: upTo === null ? null : [String(upTo)],
        }
      : // Without a first bound a page range begins below all rowids.
        {
          by: "page",
          from: after === null ? Number(least) : Number(after) + 1,
          to: upTo === null ? null : Number(upTo) + 1,
        },
  );
}

/** The inner bounds, each the last rowid of its chunk. */
function evenBounds(least: bigint, greatest: bigint, chunks: bigint): bigint[] {
  const span = greatest - least + 1n;
  const width = (span + chunks - 1n) / chunks;
  const bounds: bigint[] = [];
  for (let upTo = least + width - 1n; upTo < greatest; upTo += width) bounds.push(upTo);
  return bounds;
}

/** Rowids that were given by the application may lie anywhere: equal spans would then make one chunk of all rows. */
function isEven(
  database: DatabaseSync,
  table: string,
  rowid: string,
  least: bigint,
  greatest: bigint,
): boolean {
  const span = greatest - least + 1n;
  if (span <= BigInt(probedRows)) return true;
  const width = database.prepare(
    `SELECT max(k) - min(k) + 1 AS span, count(*) AS n FROM (SELECT ${rowid} AS k FROM ${table} WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${probedRows})`,
  );
  const densities: number[] = [];
  for (let i = 0n; i < probes; i++) {
    const found = width.get(least + ((span - BigInt(probedRows)) * i) / (probes - 1n))!;
    if (found.n === BigInt(probedRows)) densities.push(Number(found.n) / Number(found.span));
  }
  return densities.length > 12 && Math.min(...densities) * 4 > Math.max(...densities);
}

function countedBounds(database: DatabaseSync, table: string, rowid: string, chunks: bigint): bigint[] {
  const rows = database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n as bigint;
  const step = (rows + chunks - 1n) / chunks;
  const next = database.prepare(
    `SELECT ${rowid} AS k FROM ${table} WHERE ${rowid} > ?1 ORDER BY ${rowid} LIMIT 1 OFFSET ?2`,
  );
  const bounds: bigint[] = [];
  // A bound that may be NULL would keep SQLite from seeking. The least rowid itself is at most a row more in a chunk.
  let last = -(2n ** 63n);
  for (;;) {
    const row = next.get(last, step - 1n);
    if (row === undefined) return bounds;
    last = row.k as bigint;
    bounds.push(last);
  }
}

/** Along the primary key of a table without rowids, in the order of its own collations: one scan of the key. */
function byKey(database: DatabaseSync, request: SplitRequest, shape: TableShape, chunks: bigint): Range[] {
  const table = `main.${traits.quote(request.table.name)}`;
  const names = request.key.map((column) => traits.quote(column.name));
  const rows = database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n as bigint;
  const step = (rows + chunks - 1n) / chunks;
  if (rows === 0n || step >= rows) return [{ by: "all" }];
  const found = database.prepare(
    `SELECT ${request.key.map((column, i) => `${keyText(column)} AS k${i}, typeof(${traits.quote(column.name)}) AS t${i}`).join(", ")}
       FROM (SELECT ${names.join(", ")}, row_number() OVER (ORDER BY ${names.join(", ")}) AS godwit_row FROM ${table})
      WHERE godwit_row % ${step} = 0`,
  );
  const bounds: (readonly string[])[] = [];
  for (const row of found.iterate()) {
    // A bound of another storage class could not be said in the key's wire form.
    if (request.key.some((column, i) => !isExpected(column, String(row[`t${i}`])))) return [{ by: "all" }];
    bounds.push(request.key.map((_, i) => String(row[`k${i}`])));
  }
  return shape.utf16 === false || bounds.length > 0
    ? ranges(bounds, (after, upTo) => ({ by: "key", after, upTo }))
    : [{ by: "all" }];
}

function isExpected({ type }: KeyColumn, storage: string): boolean {
  switch (type.kind) {
    case "integer":
    case "boolean":
    case "year":
      return storage === "integer";
    case "float":
      return storage === "real";
    case "decimal":
      return storage === "real" || storage === "integer";
    case "bytes":
      return storage === "blob";
    case "any":
      return false;
    default:
      return storage === "text";
  }
}

function ranges<T>(bounds: readonly T[], make: (after: T | null, upTo: T | null) => Range): Range[] {
  return [...bounds, null].map((upTo, i) => make(i === 0 ? null : bounds[i - 1]!, upTo));
}

async function greatest(session: Session, { name }: TableName, column: KeyColumn): Promise<Greatest> {
  return sessionOf(session).patiently((database) => {
    registerWireFunctions(database);
    const from = `main.${traits.quote(name)}`;
    const own = traits.quote(column.name);
    const last = database
      .prepare(`SELECT ${keyText(column)} AS value FROM (SELECT max(${own}) AS ${own} FROM ${from})`)
      .get();
    const unset = database.prepare(`SELECT count(*) AS n FROM ${from} WHERE ${own} IS NULL`).get();
    const value = last?.value ?? null;
    return { value: value === null ? null : String(value), unset: unset!.n as bigint };
  });
}
