import type { Expression } from "../../core/expression.ts";
import type { TableName } from "../../core/portable.ts";
import type {
  Answer,
  KeyColumn,
  LongValue,
  LongValuesRequest,
  ProfileRole,
  Question,
  Range,
  TextEquality,
} from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { collectRows } from "./copy-rows.ts";
import { riskSql } from "./profile-risk.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";
import { expressionSql, tableKind, whereSql } from "./table-source.ts";
import { postgresBytesPrefix, wireSql } from "./wire-form.ts";

export const profile: ProfileRole = { answers, duplicates, longValues };

async function answers(
  session: Session,
  table: TableName,
  key: readonly KeyColumn[],
  questions: readonly Question[],
  _range?: Range,
  where: Expression | null = null,
): Promise<Answer[]> {
  const conditions = questions.map(({ column, from, risk }) => riskSql(quoted(column), from, risk));
  const asked = conditions.filter((condition) => condition !== null);
  if (asked.length === 0) return questions.map(() => none);
  const { from: whole } = await tableKind(session, table);
  const from = where === null ? whole : `(SELECT * FROM ${whole} WHERE ${expressionSql(where)}) AS wanted`;
  const counts: bigint[] = [];
  // In parts, since a row of a result has 1,664 columns at most.
  for (let at = 0; at < asked.length; at += columnsAtOnce) {
    const list = asked
      .slice(at, at + columnsAtOnce)
      .map((condition) => `count(*) FILTER (WHERE ${condition})`);
    const [row] = await collectRows(session, `SELECT ${list.join(", ")} FROM ${from}`);
    counts.push(...(row ?? []).map((count) => BigInt(count ?? 0)));
  }
  const found: Answer[] = [];
  let next = 0;
  for (const [n, condition] of conditions.entries()) {
    const rows = condition === null ? 0n : (counts[next++] ?? 0n);
    found.push(
      condition === null || rows === 0n
        ? none
        : { rows, examples: await examples(session, from, key, questions[n]!, condition) },
    );
  }
  return found;
}

const none: Answer = { rows: 0n, examples: [] };
const columnsAtOnce = 1_000;
const exampleCount = 5;

async function examples(
  session: Session,
  from: string,
  key: readonly KeyColumn[],
  question: Question,
  condition: string,
): Promise<Answer["examples"]> {
  const keys = key.map((column) => textOf(column));
  const value = `left((${textOf({ name: question.column, type: question.from })})::text, ${longestExample})`;
  const rows = await collectRows(
    session,
    `SELECT ${[...keys, value].join(", ")} FROM ${from} WHERE ${condition} LIMIT ${exampleCount}`,
  );
  return rows.map((row) => ({
    key: row.slice(0, -1).map((part) => part ?? ""),
    value: row.at(-1) ?? "NULL",
  }));
}

/** For people: enough to see what it is. */
const longestExample = 200;

function textOf({ name, type }: KeyColumn): string {
  return wireSql(quoted(name), type, type, { bytesPrefix: postgresBytesPrefix });
}

/** The lengths are in the rows' own pages, wherever the values are; without any value elsewhere none is long. */
async function longValues(
  session: Session,
  { table, key, columns, where }: LongValuesRequest,
): Promise<readonly LongValue[]> {
  const least = Math.min(...columns.map(({ upToBytes }) => upToBytes));
  const { from } = await tableKind(session, table);
  const [kind] = await session.query(
    `SELECT relkind = 'r' AND coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) = 0 AS short
      FROM pg_catalog.pg_class WHERE oid = ${literal(tableSql(table))}::regclass`,
  );
  if (columns.length === 0 || (kind?.["short"] === true && least >= longestInPage)) return [];
  const long = columns.map(({ name, upToBytes }) => `octet_length(${quoted(name)}) > ${upToBytes}`);
  const cases = (value: (name: string) => string) =>
    `CASE ${columns.map(({ name }, n) => `WHEN ${long[n]} THEN ${value(name)}`).join(" ")} END`;
  const conditions = whereSql([`(${long.join(" OR ")})`, where === null ? null : expressionSql(where)]);
  const keys = key.map((column) => textOf(column));
  const rows = await collectRows(
    session,
    `SELECT ${[...keys, cases(literal), cases((name) => `octet_length(${quoted(name)})`)].join(", ")}
      FROM ${from}${conditions} LIMIT ${exampleCount}`,
  );
  return rows.map((row) => ({
    key: row.slice(0, -2).map((part) => part ?? ""),
    column: row.at(-2) ?? "",
    bytes: BigInt(row.at(-1) ?? 0),
  }));
}

/** A page has 32 kB at most, and nothing is compressed to less than a 255th of it. */
const longestInPage = 255 * 32 * 1024;

/** Folded as the target would; the two values of a group are the least and the greatest of its rows. */
async function duplicates(
  session: Session,
  table: TableName,
  { columns, where, limit }: Parameters<ProfileRole["duplicates"]>[2],
): Promise<readonly (readonly [string, string])[]> {
  const { from } = await tableKind(session, table);
  // Under a collation of its own a text takes no regular expression.
  const texts = columns.map(({ name }) => `(${quoted(name)}::text COLLATE "C")`);
  const folded = columns.map(({ equality }, n) => foldedSql(texts[n]!, equality));
  const conditions = [
    ...columns.map(({ name }) => `${quoted(name)} IS NOT NULL`),
    ...(where === null ? [] : [expressionSql(where)]),
  ];
  const row = `concat_ws(', ', ${texts.join(", ")}) COLLATE "C"`;
  const rows = await collectRows(
    session,
    `SELECT min(${row}), max(${row}) FROM ${from} WHERE ${conditions.join(" AND ")}
     GROUP BY ${folded.join(", ")} HAVING min(${row}) <> max(${row}) LIMIT ${limit}`,
  );
  return rows.map((values) => [values[0] ?? "", values[1] ?? ""]);
}

function foldedSql(text: string, equality: TextEquality | null): string {
  let sql = text;
  if (equality?.accentInsensitive === true) {
    sql = `regexp_replace(normalize(${sql}, NFKD), '[\u0300-\u036f]', '', 'g')`;
  }
  if (equality?.caseInsensitive === true) sql = `lower(${sql} COLLATE "und-x-icu")`;
  if (equality?.padSpace === true) sql = `rtrim(${sql}, ' ')`;
  return `(${sql}) COLLATE "C"`;
}
