import type { DatabaseSync } from "node:sqlite";
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
} from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { keyText } from "./key-text.ts";
import { limited } from "./limited.ts";
import { anyOf } from "./many.ts";
import { registerProfileFunctions } from "./profile-functions.ts";
import { quickQuestions } from "./profile-quick.ts";
import { riskSql } from "./profile-risk.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";
import { areUsualRows } from "./usual-rows.ts";
import { registerWireFunctions } from "./wire-functions.ts";

const exampleRows = 5;
/** A result has 2,000 columns at most. */
const mostQuestions = 1_500;
const exampleCharacters = 200;
/** Rows between two turns of the program. */
const rowsAtOnce = 20_000;
const firstRows = 256;
const leastRowid = -(2n ** 63n);
const greatestRowid = 2n ** 63n - 1n;
/** Bytes of texts that are looked at together, and the most that are made when rows become wider. */
const pieceBytes = 256 * 1024;
const heldBytes = 4 * 1024 * 1024;

/**
 * One scan with a sum for each question. Since a declared type binds nothing, each looks at storage classes first;
 * so does the quick form that most pieces of a table are settled by, at a tenth of the time.
 */
export const profile: ProfileRole = { answers, duplicates, longValues };

async function answers(
  session: Session,
  table: TableName,
  key: readonly KeyColumn[],
  questions: readonly Question[],
  _range?: Range,
  where: Expression | null = null,
): Promise<Answer[]> {
  if (questions.length === 0) return [];
  if (questions.length > mostQuestions) {
    const [some, more] = [questions.slice(0, mostQuestions), questions.slice(mostQuestions)];
    return [
      ...(await answers(session, table, key, some, undefined, where)),
      ...(await answers(session, table, key, more, undefined, where)),
    ];
  }
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  registerProfileFunctions(database);
  const shape = readShape(database, table.name);
  const conditions = questions.map((question) => riskSql(traits.quote(question.column), question));
  const wanted = where === null ? null : `(${printed(where)})`;
  const counts = await count(database, table, shape, { questions, conditions, wanted });
  const found: Answer[] = [];
  for (const [i, rows] of counts.entries()) {
    const condition = wanted === null ? conditions[i]! : `${wanted} AND (${conditions[i]!})`;
    const sample = rows === 0n ? [] : examples(database, table, key, questions[i]!, condition);
    found.push({ rows, examples: sample });
    await new Promise(setImmediate);
  }
  return found;
}

async function count(
  database: DatabaseSync,
  { name }: TableName,
  shape: TableShape,
  {
    questions,
    conditions,
    wanted,
  }: {
    readonly questions: readonly Question[];
    readonly conditions: readonly string[];
    readonly wanted: string | null;
  },
): Promise<bigint[]> {
  const from = `main.${traits.quote(name)}`;
  const flags = conditions.map((condition, i) => `(${condition}) IS TRUE AS c${i}`).join(", ");
  const sums = conditions.map((_, i) => `ifnull(sum(c${i}), 0)`).join(", ");
  const { rowid } = shape;
  if (rowid === null) {
    const all = prepared(
      database,
      `SELECT ${sums} FROM (SELECT ${flags} FROM ${from}${wanted === null ? "" : ` WHERE ${wanted}`})`,
    );
    return (all.get() as bigint[]).map((total) => total);
  }
  const piece = (answers: string, columns: string) =>
    prepared(
      database,
      `SELECT max(k), count(*), ${answers}
         FROM (SELECT ${rowid} AS k, ${columns} FROM ${from} WHERE ${rowid} >= ?1${wanted === null ? "" : ` AND ${wanted}`} ORDER BY ${rowid} LIMIT ?2)`,
    );
  const exact = piece(sums, flags);
  const usual = quickQuestions(questions, shape);
  const quick = usual === null ? null : piece("CAST(group_concat(t, '') AS BLOB)", `${usual.row} AS t`);
  const totals = conditions.map(() => 0n);
  let limit = quick === null ? rowsAtOnce : firstRows;
  /** Pieces still to be asked exactly at once, since the last quick one was for nothing. */
  let exactly = 0;
  // With a bound that may be NULL, SQLite would not seek, and each piece go through all rows before it.
  for (let next = leastRowid; ;) {
    let row: readonly unknown[] | null = null;
    if (quick !== null && exactly === 0) {
      row = limited(database, heldBytes, () => quick.get(next, limit));
      const texts = (row?.[2] ?? new Uint8Array(0)) as Uint8Array;
      if (row === null) limit = Math.max(1, limit >> 2);
      if (row === null || !areUsualRows(texts, Number(row[1]), usual!.fields)) {
        row = null;
        exactly = 8;
      } else if (texts.length > 0) {
        limit = Math.max(1, Math.min(Math.floor((limit * pieceBytes) / texts.length), limit * 4, rowsAtOnce));
      } else limit = rowsAtOnce;
    }
    if (row === null) {
      if (exactly > 0) exactly--;
      row = exact.get(next, limit);
      for (const [i, some] of row.slice(2).entries()) totals[i]! += (some as bigint | null) ?? 0n;
    }
    // Fewer rows than were asked for would be the last ones too, but the limit has changed meanwhile.
    if (row[0] === null || row[0] === greatestRowid) return totals;
    next = (row[0] as bigint) + 1n;
    await new Promise(setImmediate);
  }
}

function prepared(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement as unknown as { get(...parameters: unknown[]): readonly unknown[] };
}

function examples(
  database: DatabaseSync,
  { name }: TableName,
  key: readonly KeyColumn[],
  { column, risk }: Question,
  condition: string,
): Answer["examples"] {
  const value = traits.quote(column);
  // Bytes that cannot be shown as a text are shown in hexadecimal.
  const asBytes =
    risk.kind === "invalid-encoding" || risk.kind === "nul-character" ? "1" : `typeof(${value}) = 'blob'`;
  const bytes = `'\\x' || lower(hex(substr(CAST(${value} AS BLOB), 1, ${exampleCharacters})))`;
  const text = `CASE typeof(${value}) WHEN 'real' THEN godwit_float(${value}) ELSE substr(CAST(${value} AS TEXT), 1, ${exampleCharacters}) END`;
  const statement = database.prepare(
    `SELECT ifnull(CASE WHEN ${asBytes} THEN ${bytes} ELSE ${text} END, '') ${key.map((part) => `, ${keyText(part)}`).join("")}
       FROM main.${traits.quote(name)} WHERE (${condition}) IS TRUE LIMIT ${exampleRows}`,
  );
  statement.setReturnArrays(true);
  return (statement.all() as unknown as unknown[][]).map(([shown, ...values]) => ({
    key: values.map(String),
    value: String(shown),
  }));
}

/** The length is in a row's header. A value is in no compressed form, so none is longer than its file. */
async function longValues(
  session: Session,
  { table, key, columns, where }: LongValuesRequest,
): Promise<readonly LongValue[]> {
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  const size = database
    .prepare(
      "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS n",
    )
    .get()!.n as bigint;
  const able = columns.filter(({ upToBytes }) => size > BigInt(upToBytes));
  if (able.length === 0) return [];
  const length = (name: string) => `octet_length(${traits.quote(name)})`;
  const long = able.map(({ name, upToBytes }) => `${length(name)} > ${upToBytes}`);
  const cases = (value: (name: string, n: number) => string) =>
    `CASE ${able.map(({ name }, n) => `WHEN ${long[n]} THEN ${value(name, n)}`).join(" ")} END`;
  const condition = where === null ? "" : ` AND (${printed(where)})`;
  const statement = database.prepare(
    `SELECT ${cases((_, n) => String(n))}, ${cases(length)} ${key.map((part) => `, ${keyText(part)}`).join("")}
       FROM main.${traits.quote(table.name)} WHERE (${anyOf(long)})${condition} LIMIT ${exampleRows}`,
  );
  statement.setReturnArrays(true);
  return (statement.all() as unknown as unknown[][]).map(([place, bytes, ...values]) => ({
    key: values.map(String),
    column: able[Number(place)]!.name,
    bytes: bytes as bigint,
  }));
}

/** Folded as the target would; the two values of a group are the least and the greatest of its rows. */
async function duplicates(
  session: Session,
  { name }: TableName,
  { columns, where, limit }: Parameters<ProfileRole["duplicates"]>[2],
): Promise<readonly (readonly [string, string])[]> {
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  registerProfileFunctions(database);
  const texts = columns.map((column) => `CAST(${traits.quote(column.name)} AS TEXT)`);
  const folded = columns.map(({ equality }, n) => {
    const flags = [equality?.caseInsensitive, equality?.accentInsensitive, equality?.padSpace];
    return flags.includes(true) ? `godwit_folded(${texts[n]}, ${flags.map(Number).join(", ")})` : texts[n];
  });
  const conditions = [
    ...columns.map((column) => `${traits.quote(column.name)} IS NOT NULL`),
    ...(where === null ? [] : [`(${printed(where)})`]),
  ];
  const row = texts.join(" || ', ' || ");
  const statement = database.prepare(
    `SELECT min(${row}) AS one, max(${row}) AS other FROM main.${traits.quote(name)} WHERE ${conditions.join(" AND ")}
      GROUP BY ${folded.join(", ")} HAVING min(${row}) <> max(${row}) LIMIT ${limit}`,
  );
  return statement.all().map(({ one, other }) => [String(one), String(other)]);
}
