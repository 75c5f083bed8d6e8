import type { Column } from "../../core/schema.ts";
import type { Row } from "../engine.ts";
import { withoutEscapes } from "./column-type.ts";
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

/**
 * MySQL's catalogue prints an expression as the inside of a string, and each byte of a literal as a character of its
 * own: _utf8mb4\'Ã¼\' is ü.
 */
export function unescaped(expression: string, mariaDb: boolean): string {
  if (mariaDb) return expression;
  return expression
    .replaceAll(/\\(.)/gs, "$1")
    .replaceAll(
      /\b_([a-z0-9]+)'((?:[^'\\]|''|\\.)*)'/g,
      (literal: string, charset: string, body: string) => decodedLiteral(charset, body) ?? literal,
    );
}

/** Null where the characters are none of bytes. What cannot be told in Unicode are bytes. */
function decodedLiteral(charset: string, body: string): string | null {
  if (!/[\u0080-\u00ff]/.test(body) || /[\u0100-\uffff]/.test(body)) return null;
  const label = { utf8mb4: "utf-8", utf8mb3: "utf-8", utf8: "utf-8", latin1: "windows-1252" }[charset];
  if (label === undefined)
    return `_${charset} x'${Buffer.from(withoutEscapes(body), "latin1").toString("hex")}'`;
  try {
    return `_utf8mb4'${new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(Buffer.from(body, "latin1"))}'`;
  } catch {
    return null;
  }
}
