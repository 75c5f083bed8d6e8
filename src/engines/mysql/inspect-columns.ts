import type { Column } from "../../core/schema.ts";
import type { Row } from "../engine.ts";
import { withoutDatabase } from "./inspect-objects.ts";

/** A row of information_schema.COLUMNS, with the row of its table. */
export function toColumn(
  row: Row,
  context: { readonly table: Row; readonly mariaDb: boolean; readonly database: string },
): Column {
  const extra = String(row.EXTRA ?? "");
  const expression = unescaped(String(row.GENERATION_EXPRESSION ?? ""), context.mariaDb);
  const collation = row.COLLATION_NAME === null ? null : String(row.COLLATION_NAME);
  return {
    name: String(row.COLUMN_NAME),
    type: `${String(row.COLUMN_TYPE)}${/INVISIBLE/i.test(extra) ? " INVISIBLE" : ""}`,
    nullable: row.IS_NULLABLE === "YES",
    default: defaultText(row, extra, context),
    generated: expression === "" ? null : { expression, stored: /STORED|PERSISTENT/i.test(extra) },
    identity: /auto_increment/i.test(extra) ? "auto_increment" : null,
    collation: collation === context.table.TABLE_COLLATION ? null : collation,
    comment: row.COLUMN_COMMENT === "" || row.COLUMN_COMMENT === null ? null : String(row.COLUMN_COMMENT),
  };
}

/** As SQL text, with ON UPDATE where there is one. MariaDB gives SQL; MySQL gives bare values, or an expression and says so. */
function defaultText(
  row: Row,
  extra: string,
  { mariaDb, database }: { readonly mariaDb: boolean; readonly database: string },
): string | null {
  const given =
    row.COLUMN_DEFAULT === null || row.COLUMN_DEFAULT === undefined ? null : String(row.COLUMN_DEFAULT);
  const plain =
    given === null || (mariaDb && given === "NULL")
      ? null
      : mariaDb
        ? withoutDatabase(given, database)
        : fromMySql(given, row, extra);
  const value = plain === null ? null : currentTimestamp(plain);
  const update = /on update (current_timestamp(?:\(\d*\))?)/i.exec(extra)?.[1];
  return update === undefined ? value : `${value ?? "NULL"} ON UPDATE ${currentTimestamp(update)}`;
}

function fromMySql(given: string, row: Row, extra: string): string {
  if (/DEFAULT_GENERATED/i.test(extra)) {
    return /^(CURRENT_TIMESTAMP|NOW)\b/i.test(given) ? given : `(${unescaped(given, false)})`;
  }
  if (/^CURRENT_TIMESTAMP\b/i.test(given)) return given;
  const number = /^(tiny|small|medium|big)?int|^(decimal|float|double|bit|year)/i.test(String(row.DATA_TYPE));
  return number ? given : `'${given.replaceAll("'", "''")}'`;
}

function currentTimestamp(text: string): string {
  const match = /^current_timestamp(?:\((\d*)\))?$/i.exec(text);
  if (match === null) return text;
  return match[1] === undefined || match[1] === "" ? "CURRENT_TIMESTAMP" : `CURRENT_TIMESTAMP(${match[1]})`;
}

/** MySQL's catalogue prints the quotes of an expression with a backslash before each. */
export function unescaped(expression: string, mariaDb: boolean): string {
  return mariaDb ? expression : expression.replaceAll("\\'", "'");
}
