import type {
  Digest,
  DigestRequest,
  DigestRole,
  HashedRow,
  Range,
  ReadRequest,
  Slice,
} from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { signedSlice } from "../signed-slice.ts";
import { wholeRows } from "./copy-rows.ts";
import { conditionOf } from "./digits-as-numbers.ts";
import { wireTypeOf } from "./digest-form.ts";
import { QuickHashes, quickDigest } from "./digest-quick.ts";
import { copyText } from "./raw-rows.ts";
import { read, readRows } from "./read.ts";
import { keyValue } from "./read-range.ts";
import { DigestSum, firstBits, type RowTextPlan, RowTexts, type ScannedRow } from "./row-text.ts";
import { rowSql, toUtf8 } from "./row-sql.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";
import { registerWireFunctions } from "./wire-functions.ts";

/**
 * SQLite has no MD5, and a function of the program that is called for each row is slower than to read the rows in
 * pieces, as a copy does, and to hash them here: so digests see just what a copy would write.
 */
export const digest: DigestRole = { slice, buckets, count, bounds, hashes, values };

async function slice(session: Session, request: DigestRequest, part: Slice): Promise<Digest> {
  const sum = new DigestSum();
  await hashed(session, request, part, (md5, keyMd5) => {
    if (part.by !== "bucket" || firstBits(keyMd5) % part.of === part.bucket) sum.add(md5);
  });
  return sum.get();
}

async function buckets(
  session: Session,
  request: DigestRequest,
  of: number,
): Promise<ReadonlyMap<number, Digest>> {
  const sums = new Map<number, DigestSum>();
  await hashed(session, request, { by: "bucket", bucket: -1, of }, (md5, keyMd5) => {
    const bucket = firstBits(keyMd5) % of;
    let sum = sums.get(bucket);
    if (sum === undefined) sums.set(bucket, (sum = new DigestSum()));
    sum.add(md5);
  });
  return new Map([...sums].toSorted(([a], [b]) => a - b).map(([bucket, sum]) => [bucket, sum.get()]));
}

async function count(
  session: Session,
  { table, where }: Pick<DigestRequest, "table" | "where">,
): Promise<bigint> {
  const condition = where === null ? "" : ` WHERE (${printed(where)})`;
  const [row] = await session.query(`SELECT count(*) AS n FROM main.${traits.quote(table.name)}${condition}`);
  return BigInt(String(row?.n));
}

async function bounds(
  session: Session,
  request: DigestRequest,
): Promise<{ readonly least: string; readonly greatest: string } | null> {
  const name = traits.quote(request.key[0]!.name);
  const condition = conditionOf(request, readShape(sessionOf(session).handle(), request.table.name));
  const where = condition === null ? "" : ` WHERE (${printed(condition)})`;
  const from = `main.${traits.quote(request.table.name)}${where}`;
  // Two queries: SQLite looks at the end of an index only for a single min or max.
  const [least] = await session.query(`SELECT min(${name}) AS v FROM ${from}`);
  const [greatest] = await session.query(`SELECT max(${name}) AS v FROM ${from}`);
  if (least?.v === null || least === undefined) return null;
  return { least: String(least.v), greatest: String(greatest!.v) };
}

async function* hashes(session: Session, request: DigestRequest, part: Slice): AsyncIterable<HashedRow> {
  const keys = request.key.length;
  for await (const rows of scanned(session, request, part, ({ md5, fields }) => ({
    key: fields.slice(0, keys).map((field) => (field === null ? "" : field.toString())),
    hash: hexadecimal(md5),
  }))) {
    yield* rows;
  }
}

async function values(
  session: Session,
  request: DigestRequest,
  rows: readonly HashedRow[],
): Promise<{ key: readonly string[]; values: readonly (string | null)[] }[]> {
  const keys = request.key.length;
  const found: { key: readonly string[]; values: readonly (string | null)[] }[] = [];
  const take = ({ fields }: ScannedRow) => {
    const texts = fields.map((field) => field?.toString() ?? null);
    found.push({ key: texts.slice(0, keys).map((text) => text ?? ""), values: texts.slice(keys) });
  };
  // Only of these the form is what is stored, so that an index finds them.
  const direct = request.key.every(
    ({ form, type }) =>
      form.kind === type.kind && (form.kind === "integer" || (form.kind === "text" && !form.trimmed)),
  );
  if (keys > 0 && direct) {
    await byKeys(session, request, rows, take);
    return found;
  }
  const idOf = (row: HashedRow) => (keys > 0 ? JSON.stringify(row.key) : row.hash);
  const wanted = new Set(rows.map(idOf));
  const byId = new Map<string, number>();
  await scan(session, request, { by: "all" }, (row) => {
    const id =
      keys > 0
        ? JSON.stringify(row.fields.slice(0, keys).map((field) => field?.toString() ?? ""))
        : hexadecimal(row.md5);
    if (!wanted.has(id) || byId.has(id)) return;
    byId.set(id, found.length);
    take(row);
  });
  // In the order asked for: rows without a key have nothing else to be known by.
  return rows.flatMap((row) => found[byId.get(idOf(row)) ?? -1] ?? []);
}

async function byKeys(
  session: Session,
  request: DigestRequest,
  rows: readonly HashedRow[],
  take: (row: ScannedRow) => void,
): Promise<void> {
  await sessionOf(session).patiently((database) => {
    registerWireFunctions(database);
    const shape = readShape(database, request.table.name);
    const reading = readRequest(request, { by: "all" }, shape);
    const { exact } = rowSql(reading, shape, false);
    const where = [
      ...request.key.map(({ name }) => `${traits.quote(name)} = ?`),
      ...(reading.where === null ? [] : [`(${printed(reading.where)})`]),
    ].join(" AND ");
    const statement = database.prepare(
      `SELECT CAST(${exact} AS BLOB) AS r FROM main.${traits.quote(request.table.name)} WHERE ${where}`,
    );
    const texts = textsOf(request, false);
    for (const { key } of rows) {
      const parameters = key.map((value, i) => keyValue(value, request.key[i]!, shape));
      for (const { r } of statement.all(...parameters)) {
        const bytes = Buffer.from(r as Uint8Array);
        texts.each(Buffer.from(shape.utf16 === false ? bytes : toUtf8(bytes, shape.utf16)), take);
      }
    }
  });
}

async function scan(
  session: Session,
  request: DigestRequest,
  part: Slice,
  visit: (row: ScannedRow) => void,
): Promise<void> {
  for await (const _ of scanned(session, request, part, visit));
}

/** The hashes of the rows of a part, and of their keys where that is one of buckets; of buckets, of all rows. */
async function hashed(
  session: Session,
  request: DigestRequest,
  part: Slice,
  visit: (md5: string, keyMd5: string) => void,
): Promise<void> {
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  const shape = readShape(database, request.table.name);
  const reading = readRequest(request, rangeOf(request, part), shape);
  const plan = planOf(request, part.by === "bucket");
  const exact = rowSql(reading, shape, false);
  const quick = quickDigest(exact, reading, shape, plan);
  const hashes = quick === null ? null : new QuickHashes(quick, visit);
  const nothing = new Uint8Array(0);
  const pieces = readRows(database, reading, shape, quick?.row ?? exact, (raw, rows) => {
    if (hashes === null) return copyText(raw, { ...exact, rows });
    return hashes.take(raw, rows) ? nothing : null;
  });
  const texts = new RowTexts(plan);
  for await (const rows of wholeRows(pieces, request.table.name)) {
    texts.each(rows, ({ md5, keyMd5 }) => visit(md5, keyMd5));
  }
}

function rangeOf({ within }: DigestRequest, part: Slice): Range {
  if (part.by !== "key") return within?.range ?? { by: "all" };
  const { after, upTo } = signedSlice(part);
  return {
    by: "key",
    after: after === null ? null : [after],
    upTo: upTo === null ? null : [upTo],
  };
}

/** What `visit` makes of the rows of a part, piece by piece. */
async function* scanned<T>(
  session: Session,
  request: DigestRequest,
  part: Slice,
  visit: (row: ScannedRow) => T,
): AsyncIterable<T[]> {
  const texts = textsOf(request, part.by === "bucket");
  const shape = readShape(sessionOf(session).handle(), request.table.name);
  const pieces = read.rows(session, readRequest(request, rangeOf(request, part), shape));
  for await (const rows of wholeRows(pieces, request.table.name)) {
    const made: T[] = [];
    texts.each(rows, (row) => {
      const isOutside = part.by === "bucket" && firstBits(row.keyMd5) % part.of !== part.bucket;
      if (!isOutside) made.push(visit(row));
    });
    yield made;
  }
}

function hexadecimal(md5: string): string {
  return Buffer.from(md5, "latin1").toString("hex");
}

function textsOf(request: DigestRequest, hashesKey: boolean): RowTexts {
  return new RowTexts(planOf(request, hashesKey));
}

function planOf({ key, columns }: DigestRequest, hashesKey: boolean): RowTextPlan {
  return { forms: [...key, ...columns].map(({ form }) => form), keys: key.length, hashesKey };
}

function readRequest(request: DigestRequest, range: Range, shape: TableShape): ReadRequest {
  return {
    table: request.table,
    columns: [...request.key, ...request.columns].map(({ name, value, type, form, to, accepts = [] }) => ({
      name,
      value,
      from: type,
      // What was accepted goes by what the target holds.
      to: accepts.length > 0 && to !== undefined ? to : wireTypeOf(form, type),
      accepts,
    })),
    key: request.within?.key ?? request.key.map(({ name, type }) => ({ name, type })),
    range,
    where: conditionOf(request, shape),
    form: { bytesPrefix: "" },
  };
}
