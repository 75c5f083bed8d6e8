import type { DatabaseSync } from "node:sqlite";
import type { TableName } from "../../core/portable.ts";
import type { Answer, KeyColumn, ProfileRole, Question } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { keyText } from "./key-text.ts";
import { registerProfileFunctions } from "./profile-functions.ts";
import { riskSql } from "./profile-risk.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { registerWireFunctions } from "./wire-functions.ts";

const exampleRows = 5;
const exampleCharacters = 200;
/** Rows between two turns of the program. */
const rowsAtOnce = 20_000;

/** One scan with a sum for each question. Since a declared type binds nothing, each looks at storage classes first. */
export const profile: ProfileRole = { answers };

async function answers(
  session: Session,
  table: TableName,
  key: readonly KeyColumn[],
  questions: readonly Question[],
): Promise<Answer[]> {
  if (questions.length === 0) return [];
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  registerProfileFunctions(database);
  const shape = readShape(database, table.name);
  const conditions = questions.map((question) => riskSql(traits.quote(question.column), question));
  const counts = await count(database, table, shape, conditions);
  const found: Answer[] = [];
  for (const [i, rows] of counts.entries()) {
    const sample = rows === 0n ? [] : examples(database, table, key, questions[i]!, conditions[i]!);
    found.push({ rows, examples: sample });
    await new Promise(setImmediate);
  }
  return found;
}

async function count(
  database: DatabaseSync,
  { name }: TableName,
  shape: TableShape,
  conditions: readonly string[],
): Promise<bigint[]> {
  const from = `main.${traits.quote(name)}`;
  const flags = conditions.map((condition, i) => `(${condition}) IS TRUE AS c${i}`);
  const sums = conditions.map((_, i) => `ifnull(sum(c${i}), 0)`);
  const { rowid } = shape;
  const statement = database.prepare(
    rowid === null
      ? `SELECT NULL, 0, ${sums.join(", ")} FROM (SELECT ${flags.join(", ")} FROM ${from})`
      : `SELECT max(k), count(*), ${sums.join(", ")}
           FROM (SELECT ${rowid} AS k, ${flags.join(", ")} FROM ${from} WHERE ?1 IS NULL OR ${rowid} > ?1 ORDER BY ${rowid} LIMIT ${rowsAtOnce})`,
  );
  statement.setReturnArrays(true);
  const totals = conditions.map(() => 0n);
  for (let after: bigint | null = null; ;) {
    const row = (rowid === null ? statement.get() : statement.get(after)) as unknown as (bigint | null)[];
    const [last, rows, ...counted] = row;
    for (const [i, some] of counted.entries()) totals[i]! += some ?? 0n;
    if (last === null || rows! < BigInt(rowsAtOnce)) return totals;
    after = last ?? null;
    await new Promise(setImmediate);
  }
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
