import type {
  Digest,
  DigestColumn,
  DigestRequest,
  DigestRole,
  HashedRow,
  KeyValues,
  Slice,
} from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { columnFacts } from "./column-facts.ts";
import { dataSession, type DataSession } from "./data-session.ts";
import { digestField, type DigestField } from "./digest-form.ts";
import { digestRows, type HashedFields, type RowFields } from "./digest-rows.ts";
import { exactSum, type ExactSum } from "./exact-sum.ts";
import { canBound, keyLiteral, rangeCondition } from "./key-range.ts";
import { expressionText } from "./read-column.ts";
import { tableText } from "./sql-text.ts";
import { streamRows } from "./stream-rows.ts";
import { traits } from "./traits.ts";

export const digest: DigestRole = { slice, buckets, count, bounds, hashes, values };

/**
 * Counts as the sum of a row that has no hash, so that one sum tells both: with a count beside it the servers would
 * compute the row's text and hash once more. More than 10^11 rows' hashes together.
 */
const unhashed = 10n ** 30n;
/** What a hashed row takes in memory. */
const keptBytes = 256;
const filler = Buffer.alloc(1_048_576);

/** A request with what its columns are in SQL. */
interface Prepared {
  readonly data: DataSession;
  readonly request: DigestRequest;
  readonly key: readonly DigestField[];
  readonly columns: readonly DigestField[];
  /** The row's text; null where the server has no MD5, or no SQL for a form. */
  readonly text: string | null;
  readonly keyText: string | null;
}

async function slice(session: Session, request: DigestRequest, part: Slice): Promise<Digest> {
  const prepared = await prepare(session, request);
  const found = await digested(prepared, conditionsOf(request, part), part.by === "bucket" ? part : null);
  const one = part.by === "bucket" ? found.get(part.bucket) : found.get(0);
  return { rows: String(one?.rows ?? 0n), sum: String(one?.sum ?? 0n) };
}

async function buckets(
  session: Session,
  request: DigestRequest,
  of: number,
): Promise<ReadonlyMap<number, Digest>> {
  const prepared = await prepare(session, request);
  const found = await digested(prepared, conditionsOf(request, { by: "all" }), { bucket: null, of });
  return new Map(
    [...found].map(([bucket, { rows, sum }]) => [bucket, { rows: String(rows), sum: String(sum) }]),
  );
}

async function count(
  session: Session,
  { table, where: filter }: Pick<DigestRequest, "table" | "where">,
): Promise<bigint> {
  await dataSession(session);
  const conditions = filter === null ? [] : [expressionText(filter)];
  const [row] = await session.query(
    `SELECT CAST(COUNT(*) AS CHAR) AS n FROM ${tableText(table)}${where(conditions)}`,
  );
  return BigInt(String(row?.n));
}

async function bounds(
  session: Session,
  request: DigestRequest,
): Promise<{ readonly least: string; readonly greatest: string } | null> {
  await dataSession(session);
  const name = singleKey(request);
  const [row] = await session.query(
    `SELECT CAST(MIN(${name}) AS CHAR) AS least, CAST(MAX(${name}) AS CHAR) AS greatest
      FROM ${tableText(request.table)}${where(conditionsOf(request, { by: "all" }))}`,
  );
  if (row === undefined || row.least === null) return null;
  return { least: String(row.least), greatest: String(row.greatest) };
}

async function* hashes(session: Session, request: DigestRequest, part: Slice): AsyncGenerator<HashedRow> {
  const prepared = await prepare(session, request);
  for await (const row of hashedRows(prepared, conditionsOf(request, part), "key")) {
    if (part.by === "bucket" && bucketOf(row, part.of) !== part.bucket) continue;
    yield { key: row.key, hash: row.hash };
  }
}

async function values(
  session: Session,
  request: DigestRequest,
  rows: readonly HashedRow[],
): Promise<{ readonly key: KeyValues; readonly values: readonly (string | null)[] }[]> {
  if (rows.length === 0) return [];
  const prepared = await prepare(session, request);
  const keyed = request.key.length > 0;
  const name = (row: { readonly key: KeyValues; readonly hash: string }) =>
    keyed ? JSON.stringify(row.key) : row.hash;
  const wanted = new Map(rows.map((row) => [name(row), row]));
  const found = new Map<string, readonly (string | null)[]>();
  const conditions = [...conditionsOf(request, { by: "all" }), ...keysCondition(request, rows)];
  for await (const row of hashedRows(prepared, conditions, "all")) {
    const own = name({ key: row.key, hash: row.hash });
    if (wanted.has(own)) found.set(own, row.values);
  }
  return rows.flatMap((row) => {
    const forms = found.get(name(row));
    return forms === undefined ? [] : [{ key: row.key, values: forms }];
  });
}

async function prepare(session: Session, request: DigestRequest): Promise<Prepared> {
  const data = await dataSession(session);
  const facts = await columnFacts(session, request.table);
  const fields = (columns: readonly DigestColumn[]) =>
    columns.map((column) => digestField(column, facts.get(column.name)));
  const [key, columns] = [fields(request.key), fields(request.columns)];
  const hasMd5 = data.mariaDb || (await serverHasMd5(session));
  return {
    data,
    request,
    key,
    columns,
    text: hasMd5 ? textOf(columns) : null,
    keyText: hasMd5 ? textOf(key) : null,
  };
}

/**
 * MySQL 9.6 moved it to a component that a server need not have: then the name is taken for a stored function's, which
 * is not there, or which a role without EXECUTE may not look for.
 */
async function serverHasMd5(session: Session): Promise<boolean> {
  try {
    await session.query("SELECT MD5('') AS md5");
    return true;
  } catch (error) {
    const { errno } = error as { errno?: number };
    if (errno === 1305 || errno === 1370) return false;
    throw error;
  }
}

/** NULL where it is too long, or where a form is none that SQL says. */
function textOf(fields: readonly DigestField[]): string | null {
  const parts: string[] = [];
  const unusual: string[] = [];
  for (const field of fields) {
    const { value, form, bytes, measured, nullable } = field;
    if (form === null) return null;
    if (field.unusual !== null) unusual.push(`(${field.unusual})`);
    if (!measured) parts.push(nullable ? `IF(${value} IS NULL, '', ${form})` : form, "';'");
    else if (!nullable) parts.push(bytes, "':'", form, "';'");
    else parts.push(`IF(${value} IS NULL, ':;', CONCAT(${bytes}, ':', ${form}, ';'))`);
  }
  if (parts.length === 0) return "''";
  const text = `CONCAT(${parts.join(", ")})`;
  return unusual.length === 0 ? text : `IF(${unusual.join(" OR ")}, NULL, ${text})`;
}

interface Sums {
  rows: bigint;
  sum: bigint;
}

/** By bucket, or all in bucket 0. What the server could not hash, for the text was too long, is hashed here. */
async function digested(
  prepared: Prepared,
  conditions: readonly string[],
  part: { readonly bucket: number | null; readonly of: number } | null,
): Promise<Map<number, Sums>> {
  const found = new Map<number, Sums>();
  const add = (bucket: number, rows: bigint, sum: bigint) => {
    const sums = found.get(bucket) ?? { rows: 0n, sum: 0n };
    found.set(bucket, { rows: sums.rows + rows, sum: sums.sum + sum });
  };
  const { data, request, text, keyText } = prepared;
  let missing = 0n;
  const again: string[] = [...conditions];
  if (text !== null && (part === null || keyText !== null)) {
    const hashedBy = request.key.length === 0 ? text : keyText!;
    const bucket =
      part === null ? "0" : `CAST(CONV(LEFT(MD5(${hashedBy}), 8), 16, 10) AS UNSIGNED) % ${part.of}`;
    const only =
      part === null || part.bucket === null ? [] : [`COALESCE(${bucket}, ${part.bucket}) = ${part.bucket}`];
    const source = `FROM ${tableText(request.table)}${where([...conditions, ...only])}`;
    const rows = await data.session.query(
      `SELECT bucket, CAST(COUNT(*) AS CHAR) AS n,
         CAST(SUM(COALESCE(CAST(CONV(LEFT(h, 15), 16, 10) AS UNSIGNED), ${unhashed})) AS CHAR) AS total
       FROM (SELECT ${bucket} AS bucket, MD5(${text}) AS h ${source}) AS q GROUP BY bucket`,
    );
    for (const row of rows) {
      const [n, total] = [BigInt(String(row.n)), BigInt(String(row.total))];
      // Of a key that SQL does not spell there is no bucket.
      const without = row.bucket === null ? n : total / unhashed;
      missing += without;
      if (n > without) add(Number(row.bucket), n - without, total % unhashed);
    }
    if (missing === 0n) return found;
    again.push(part === null ? `${text} IS NULL` : `(${text} IS NULL OR ${hashedBy} IS NULL)`);
  }
  const sums = new Map<number, ExactSum>();
  // The key's own hash is for buckets only.
  await eachRow(part === null ? { ...prepared, key: [] } : prepared, again, "nothing", (row) => {
    const bucket = part === null ? 0 : bucketOf(row, part.of);
    let sum = sums.get(bucket);
    if (sum === undefined) sums.set(bucket, (sum = exactSum()));
    sum.add(row.hash);
  });
  for (const [bucket, sum] of sums) add(bucket, sum.rows(), sum.total());
  return found;
}

/** The rows one by one, no faster than they are taken. */
async function* hashedRows(
  prepared: Prepared,
  conditions: readonly string[],
  keep: RowFields["keep"],
): AsyncGenerator<HashedFields> {
  let rows: HashedFields[] = [];
  // A piece for the rows of each chunk, of about their size.
  const told = (put: (piece: Uint8Array) => void) => put(filler.subarray(0, rows.length * keptBytes));
  for await (const _ of rowStream(prepared, conditions, keep, (row) => rows.push(row), told)) {
    const taken = rows;
    rows = [];
    yield* taken;
  }
  yield* rows;
}

async function eachRow(
  prepared: Prepared,
  conditions: readonly string[],
  keep: RowFields["keep"],
  row: (hashed: HashedFields) => void,
): Promise<void> {
  const pieces = rowStream(prepared, conditions, keep, row, () => {});
  while ((await pieces.next()).done !== true);
}

function rowStream(
  { data, request, key, columns }: Prepared,
  conditions: readonly string[],
  keep: RowFields["keep"],
  row: (hashed: HashedFields) => void,
  told: (put: (piece: Uint8Array) => void) => void,
): AsyncGenerator<Uint8Array, void> {
  const fields = [...key, ...columns];
  const sql = `SELECT ${fields.map((one) => one.sent).join(", ") || "''"} FROM ${tableText(request.table)}${where(conditions)}`;
  return streamRows(data.session, sql, (put) => {
    const sink = digestRows({ keyFields: key.length, forms: fields, keep }, row);
    return { sink: { ...sink, flush: () => told(put) }, end() {} };
  });
}

function bucketOf(row: HashedFields, of: number): number {
  return Number.parseInt((row.keyHash ?? row.hash).slice(0, 8), 16) % of;
}

function conditionsOf(request: DigestRequest, part: Slice): string[] {
  const conditions = request.where === null ? [] : [expressionText(request.where)];
  const { within } = request;
  const bounds = within === undefined ? null : rangeCondition(within.range, within.key);
  if (bounds !== null) conditions.push(bounds);
  if (part.by !== "key") return conditions;
  const name = singleKey(request);
  if (part.after !== null) conditions.push(`${name} > ${digits(part.after)}`);
  if (part.upTo !== null) conditions.push(`${name} <= ${digits(part.upTo)}`);
  return conditions;
}

/** By the key's index; none where a form is no literal of the column's own: then all rows are looked through. */
function keysCondition({ key }: DigestRequest, rows: readonly HashedRow[]): string[] {
  const direct = key.every(
    ({ value, type, form, encoding }) =>
      value === null &&
      canBound(type) &&
      type.kind !== "float" &&
      (form.kind === type.kind || encoding !== undefined) &&
      !("trimmed" in form && form.trimmed),
  );
  if (key.length === 0 || !direct) return [];
  const tuples = rows.map(
    (row) =>
      `(${key.map((column, at) => `${traits.quote(column.name)} = ${keyLiteral(row.key[at]!, column)}`).join(" AND ")})`,
  );
  return [tuples.join(" OR ")];
}

function singleKey({ key }: DigestRequest): string {
  const [column] = key;
  if (column === undefined || key.length !== 1)
    throw new TypeError("a slice by key needs a key of one column");
  return column.value === null ? traits.quote(column.name) : expressionText(column.value);
}

function digits(text: string): string {
  if (!/^-?\d+$/.test(text)) throw new TypeError(`${text} is no integer`);
  return text;
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : ` WHERE ${conditions.map((one) => `(${one})`).join(" AND ")}`;
}
