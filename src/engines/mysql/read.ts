import { GodwitError } from "../../core/error.ts";
import type { ReadRequest, ReadRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { columnFacts } from "./column-facts.ts";
import { dataSession, type DataSession } from "./data-session.ts";
import { rangeCondition } from "./key-range.ts";
import { narrowRows } from "./narrow-rows.ts";
import { columnReading, expressionText, type ColumnReading } from "./read-column.ts";
import { bytesLiteral, tableText } from "./sql-text.ts";
import { streamRows } from "./stream-rows.ts";
import { wideRows } from "./wide-rows.ts";

export const read: ReadRole = { rows };

/**
 * One SELECT whose only column is the row's COPY text. A row whose text would be longer than max_allowed_packet comes
 * as NULL, which no row is otherwise; those are read afterwards, value by value. Throws GW7006, GW9001.
 */
async function* rows(session: Session, request: ReadRequest): AsyncGenerator<Uint8Array> {
  const data = await dataSession(session);
  const facts = await columnFacts(session, request.table);
  const readings = request.columns.map((column) =>
    columnReading(column, facts.get(column.name), request.form),
  );
  const text = rowText(readings);
  const conditions = conditionsOf(request);
  const source = `FROM ${tableText(request.table)}`;
  const missing = yield* narrow(data, `SELECT ${text} ${source}${where(conditions)}`);
  if (missing === 0) return;
  const again = `SELECT ${readings.map((one) => one.wide).join(", ")} ${source}${where([...conditions, `${text} IS NULL`])}`;
  const found = yield* wide(data, again, readings, request);
  if (found === missing) return;
  throw new GodwitError("GW9001", {
    message: `of ${request.table.name}, ${missing} rows are longer than max_allowed_packet, and ${found} of them were found again`,
  });
}

async function* narrow(data: DataSession, sql: string): AsyncGenerator<Uint8Array, number> {
  let missing = 0;
  yield* streamRows(data.session, sql, (put) => {
    const sink = narrowRows(put);
    return { sink, end: () => (missing = sink.missing) };
  });
  return missing;
}

async function* wide(
  data: DataSession,
  sql: string,
  readings: readonly ColumnReading[],
  request: ReadRequest,
): AsyncGenerator<Uint8Array, number> {
  let found = 0;
  const forms = readings.map((one) => one.form);
  yield* streamRows(data.session, sql, (put) => {
    const sink = wideRows(forms, request.form.bytesPrefix, put);
    return { sink, end: () => (found = sink.rows) };
  });
  return found;
}

/** NULL only where the server can't make the text: CONCAT gives NULL then, and where a part of it is NULL. */
function rowText(readings: readonly ColumnReading[]): string {
  const tab = bytesLiteral("\t");
  return `CONCAT(${[bytesLiteral(""), readings.map((one) => one.narrow).join(`, ${tab}, `)].join(", ")})`;
}

function conditionsOf({ range, key, where: filter }: ReadRequest): string[] {
  const bounds = rangeCondition(range, key);
  return [...(bounds === null ? [] : [bounds]), ...(filter === null ? [] : [expressionText(filter)])];
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : ` WHERE ${conditions.map((one) => `(${one})`).join(" AND ")}`;
}
