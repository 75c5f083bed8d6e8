import type { TableName } from "../../core/portable.ts";
import type { ChunkRole, Greatest, KeyColumn, KeyValues, Range, SplitRequest } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { type ColumnFacts, columnFacts } from "./column-facts.ts";
import { dataSession } from "./data-session.ts";
import { canBound, rangeCondition } from "./key-range.ts";
import { columnReading } from "./read-column.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

export const chunk: ChunkRole = { split, greatest };

/** Above this, chunks only cost ledger rows. */
const mostChunks = 10_000;

/**
 * Bounds are taken from the key's own index, in the server's order and collation: from least and greatest of a whole
 * number whose values lie dense, by walking the index otherwise. An ENUM is ordered by its numbers but compared by
 * its text, and MariaDB's index has the CHARs of a collation without padding in another order than it compares them:
 * a table keyed by one of these is a single range.
 */
async function split(session: Session, request: SplitRequest): Promise<Range[]> {
  const { key, estimate } = request;
  const count = Math.min(mostChunks, Math.ceil(estimate.bytes / Math.max(1, request.chunkBytes)));
  if (count < 2 || key.length === 0 || !key.every((column) => canBound(column.type))) return [{ by: "all" }];
  await dataSession(session);
  return ranges((await evenBounds(session, request, count)) ?? (await walkedBounds(session, request, count)));
}

/** Of "a" and "a\t" the index then has the second one first, whose tab stands beside a space of the padding. */
function isPaddedInIndex(facts: ColumnFacts | undefined): boolean {
  return facts?.dataType === "char" && /_nopad_/.test(facts.collation ?? "");
}

function ranges(bounds: readonly KeyValues[]): Range[] {
  if (bounds.length === 0) return [{ by: "all" }];
  const ends = [...bounds, null];
  return ends.map((upTo, place) => ({ by: "key", after: place === 0 ? null : bounds[place - 1]!, upTo }));
}

/** Of a single whole number with at least a value in four; null for others. */
async function evenBounds(
  session: Session,
  { table, key, estimate }: SplitRequest,
  count: number,
): Promise<KeyValues[] | null> {
  const [column] = key;
  if (key.length !== 1 || column?.type.kind !== "integer") return null;
  const name = traits.quote(column.name);
  const [row] = await session.query(
    `SELECT CAST(MIN(${name}) AS CHAR) AS least, CAST(MAX(${name}) AS CHAR) AS greatest FROM ${tableText(table)}`,
  );
  if (row === undefined || row.least === null) return [];
  const least = BigInt(String(row.least));
  const width = BigInt(String(row.greatest)) - least + 1n;
  if (width > BigInt(Math.max(1, Math.round(estimate.rows))) * 4n) return null;
  const bounds = new Set<bigint>();
  for (let part = 1n; part < BigInt(count); part += 1n) {
    const bound = least + (width * part) / BigInt(count) - 1n;
    if (bound >= least) bounds.add(bound);
  }
  return [...bounds].map((bound) => [String(bound)]);
}

/**
 * Each bound is the key so many rows after the last one: together one pass over the index. Statistics may count far
 * too few, as of a table that was filled just now: wherever as many parts are made as were to be, the next ones are
 * twice as long.
 */
async function walkedBounds(
  session: Session,
  { table, key, estimate }: SplitRequest,
  count: number,
): Promise<KeyValues[]> {
  const facts = await columnFacts(session, table);
  if (key.some(({ name }) => isPaddedInIndex(facts.get(name)))) return [];
  let step = Math.max(1, Math.ceil(estimate.rows / count));
  const texts = key.map((column, place) => `${keyText(column, facts)} AS k${place}`);
  const order = key.map((column) => traits.quote(column.name)).join(", ");
  const bounds: KeyValues[] = [];
  for (;;) {
    const range = { by: "key", after: bounds.at(-1) ?? null, upTo: null } as const;
    const condition = rangeCondition(range, key);
    const [row] = await session.query(
      `SELECT ${texts.join(", ")} FROM ${tableText(table)}${condition === null ? "" : ` WHERE ${condition}`}
        ORDER BY ${order} LIMIT 1 OFFSET ${step - 1}`,
    );
    if (row === undefined) break;
    bounds.push(key.map((_, place) => String(row[`k${place}`])));
    if (bounds.length % count === 0) step *= 2;
  }
  return bounds;
}

function keyText(column: KeyColumn, facts: ReadonlyMap<string, ColumnFacts>): string {
  if (column.encoding !== undefined) return `HEX(${traits.quote(column.name)})`;
  const read = { name: column.name, value: null, from: column.type, to: column.type };
  const reading = columnReading(read, facts.get(column.name), { bytesPrefix: "" });
  return `CONVERT(${plainText(reading, column)} USING utf8mb4)`;
}

/** Two questions, so that an index on the column answers each. */
async function greatest(session: Session, table: TableName, column: KeyColumn): Promise<Greatest> {
  await dataSession(session);
  const facts = await columnFacts(session, table);
  const name = traits.quote(column.name);
  const [last] = await session.query(
    `SELECT ${keyText(column, facts)} AS value FROM (SELECT MAX(${name}) AS ${name} FROM ${tableText(table)}) AS k
      WHERE ${name} IS NOT NULL`,
  );
  const [unset] = await session.query(`SELECT COUNT(*) AS n FROM ${tableText(table)} WHERE ${name} IS NULL`);
  return {
    value: last === undefined ? null : String(last.value),
    unset: BigInt(String(unset?.n ?? 0)),
  };
}

/** Without COPY's escapes, which the text of a key does not have. */
function plainText(reading: { readonly wide: string; readonly form: string }, column: KeyColumn): string {
  return column.type.kind === "bytes" ? `LOWER(HEX(${reading.wide}))` : reading.wide;
}
