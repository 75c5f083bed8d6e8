import type { Digest, DigestRequest, DigestRole, HashedRow, Slice } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { collectRows, copyRows } from "./copy-rows.ts";
import {
  bucketOf,
  columnForm,
  formedRows,
  hashNumber,
  keyForm,
  keyIs,
  rowHash,
  rowOwnHash,
  singleKey,
  sliceConditions,
} from "./digest-sql.ts";
import { ownHashes } from "./own-hash.ts";
import { literal } from "./sql-text.ts";
import { expressionSql, tableKind, whereSql } from "./table-source.ts";

export const digest: DigestRole = { slice, buckets, count, bounds, hashes, values, ownHashes };

async function slice(session: Session, request: DigestRequest, part: Slice): Promise<Digest> {
  const rows = await slicedRows(session, request, part);
  const [row] = await collectRows(
    session,
    `SELECT count(*), coalesce(sum(${numberOf(request)}), 0) FROM (${rows}) AS q`,
  );
  return { rows: row?.[0] ?? "0", sum: row?.[1] ?? "0" };
}

async function buckets(
  session: Session,
  request: DigestRequest,
  of: number,
): Promise<ReadonlyMap<number, Digest>> {
  const rows = await formedRows(session, request, { conditions: [], hash: true, bucket: true });
  const found = await collectRows(
    session,
    `SELECT ${bucketOf(of)}, count(*), sum(${numberOf(request)}) FROM (${rows}) AS q GROUP BY 1`,
  );
  return new Map(
    found.map(([bucket, count, sum]) => [Number(bucket), { rows: count ?? "0", sum: sum ?? "0" }]),
  );
}

function numberOf({ own }: DigestRequest): string {
  return own === true ? rowOwnHash : hashNumber;
}

async function count(
  session: Session,
  { table, where }: Pick<DigestRequest, "table" | "where">,
): Promise<bigint> {
  const { from } = await tableKind(session, table);
  const condition = whereSql([where === null ? null : expressionSql(where)]);
  const [row] = await collectRows(session, `SELECT count(*) FROM ${from}${condition}`);
  return BigInt(row?.[0] ?? 0);
}

async function bounds(
  session: Session,
  request: DigestRequest,
): Promise<{ readonly least: string; readonly greatest: string } | null> {
  const column = singleKey(request);
  const { from } = await tableKind(session, request.table);
  const where = whereSql([request.where === null ? null : expressionSql(request.where)]);
  const [row] = await collectRows(session, `SELECT min(${column}), max(${column}) FROM ${from}${where}`);
  const [least, greatest] = row ?? [];
  return typeof least === "string" && typeof greatest === "string" ? { least, greatest } : null;
}

async function* hashes(session: Session, request: DigestRequest, part: Slice): AsyncGenerator<HashedRow> {
  const rows = await slicedRows(session, request, part);
  const key = request.key.map((_, n) => keyForm(n));
  for await (const row of copyRows(session, `SELECT ${[...key, rowHash].join(", ")} FROM (${rows}) AS q`)) {
    yield { key: row.slice(0, -1).map((value) => value ?? ""), hash: row.at(-1) ?? "" };
  }
}

async function slicedRows(session: Session, request: DigestRequest, part: Slice): Promise<string> {
  const rows = await formedRows(session, request, {
    conditions: sliceConditions(request, part),
    hash: true,
    bucket: part.by === "bucket",
  });
  return part.by === "bucket"
    ? `SELECT * FROM (${rows}) AS q WHERE ${bucketOf(part.of)} = ${part.bucket}`
    : rows;
}

/** In the order asked for; a row that is no longer there is left out. */
async function values(
  session: Session,
  request: DigestRequest,
  wanted: readonly HashedRow[],
): Promise<{ readonly key: readonly string[]; readonly values: readonly (string | null)[] }[]> {
  const found = new Map<string, (string | null)[]>();
  const isKeyed = request.key.length > 0;
  const names = isKeyed ? request.key.map((_, n) => keyForm(n)) : [rowHash];
  const forms = request.columns.map((_, n) => columnForm(n));
  for (let at = 0; at < wanted.length; at += batch) {
    const part = wanted.slice(at, at + batch);
    const exact = part.map((row) => {
      const conditions = request.key.map((column, n) => keyIs(column, row.key[n] ?? ""));
      return !isKeyed || conditions.includes(null) ? null : `(${conditions.join(" AND ")})`;
    });
    // By the key's index where that is sure to find the same; otherwise by one scan.
    const conditions = exact.includes(null) ? [] : [`(${exact.join(" OR ")})`];
    const rows = await formedRows(session, request, { conditions, hash: !isKeyed, bucket: false });
    const tuples = part
      .map((row) => `(${(isKeyed ? row.key : [row.hash]).map(literal).join(", ")})`)
      .join(", ");
    const query = `SELECT ${[...names, ...forms].join(", ")} FROM (${rows}) AS q WHERE (${names.join(", ")}) IN (${tuples})`;
    for await (const row of copyRows(session, query))
      found.set(JSON.stringify(row.slice(0, names.length)), row.slice(names.length));
  }
  return wanted.flatMap((row) => {
    const one = found.get(JSON.stringify(isKeyed ? row.key : [row.hash]));
    return one === undefined ? [] : [{ key: row.key, values: one }];
  });
}

const batch = 500;
