import type { PortableType, Risk } from "../../core/portable.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { undefinedBytesSql } from "./undefined-bytes.ts";
import { utf8Text } from "./utf8-text.ts";

/** The condition under which a value shows the risk; null where no value of the type can. */
export function riskSql(
  sql: string,
  from: PortableType,
  risk: Risk,
  facts: ColumnFacts | undefined,
  isMariaDb: boolean,
): string | null {
  switch (risk.kind) {
    case "null":
      return `${sql} IS NULL`;
    case "not-boolean":
      if (from.kind === "bits") return `CAST(${sql} AS UNSIGNED) > 1`;
      return isNumber(from) ? `${sql} NOT IN (0, 1)` : isText(from) ? `${sql} NOT IN ('0', '1')` : null;
    case "range":
      return isNumber(from) ? `(${sql} < ${number(risk.minimum)} OR ${sql} > ${number(risk.maximum)})` : null;
    case "length":
      return lengthSql(sql, from, risk, facts);
    case "scale":
      return from.kind === "decimal" || from.kind === "float"
        ? `${sql} <> TRUNCATE(${sql}, ${risk.digits})`
        : null;
    case "precision":
      if ((from.kind !== "timestamp" && from.kind !== "time") || from.precision <= risk.digits) return null;
      return `MICROSECOND(${sql}) % ${10 ** (6 - risk.digits)} <> 0`;
    case "nul-character":
      if (from.kind === "json") return `${utf8Text(sql, facts)} REGEXP ${nulEscape}`;
      return isText(from) ? `INSTR(CAST(${utf8Text(sql, facts)} AS BINARY), _binary x'00') > 0` : null;
    case "invalid-encoding":
      return encodingSql(sql, from, facts, isMariaDb);
    case "undefined-bytes":
      // A label with such bytes is read as one with a question mark, or with U+FFFD.
      if ((from.kind === "enum" || from.kind === "set") && !/[?\uFFFD]/.test(from.labels.join("")))
        return null;
      return isText(from) ? undefinedBytesSql(sql, facts) : null;
    case "zero-date":
      return isDay(from) ? noDay(sql) : null;
    case "time-range":
      return from.kind === "time"
        ? `(${sql} < CAST('00:00:00' AS TIME) OR ${sql} >= CAST('24:00:00' AS TIME))`
        : null;
    case "empty-enum":
      // The number of an invalid value is 0; '' can be a label, too.
      return from.kind === "enum" ? `${sql} + 0 = 0` : from.kind === "text" ? `${sql} = ''` : null;
    case "format":
      return isText(from) ? formatSql(sql, risk.of) : null;
    case "json-lossy":
      // What MySQL keeps has lost it already; MariaDB keeps the text.
      return from.kind === "json" && !from.binary
        ? `(${sql} REGEXP '[0-9][0-9.]{16}|[0-9][eE][-+]?[0-9]{2}' OR ${doubledKey(sql)})`
        : null;
    case "not-a-number":
    case "infinity":
    case "storage-class":
    // The year 0 is a date to these servers; to others it is none, as "zero-date" says.
    case "year-range":
      return null;
  }
}

const isNumber = ({ kind }: PortableType): boolean =>
  kind === "integer" || kind === "decimal" || kind === "float" || kind === "year" || kind === "boolean";
const isText = ({ kind }: PortableType): boolean => kind === "text" || kind === "enum" || kind === "set";
const isDay = ({ kind }: PortableType): boolean => kind === "date" || kind === "timestamp";

/** MariaDB counts a key that is there twice, and lists it once. Of objects inside of others nothing is known. */
function doubledKey(sql: string): string {
  return `(JSON_TYPE(${sql}) = 'OBJECT' AND JSON_LENGTH(${sql}) <> JSON_LENGTH(JSON_KEYS(${sql})))`;
}

/** No backslash that is itself escaped before it. */
const nulEscape = "'(^|[^\\\\\\\\])(\\\\\\\\\\\\\\\\)*\\\\\\\\u0000'";

/** A zero year, month or day, or a day that its month has not: ALLOW_INVALID_DATES lets the 31st of February in. */
export function noDay(sql: string): string {
  return `(YEAR(${sql}) = 0 OR MONTH(${sql}) = 0 OR (DAYOFMONTH(${sql}) NOT BETWEEN 1 AND 28 AND (DAYOFMONTH(${sql}) = 0 OR DAYOFMONTH(${sql}) > CASE
    WHEN MONTH(${sql}) IN (4, 6, 9, 11) THEN 30 WHEN MONTH(${sql}) <> 2 THEN 31
    WHEN YEAR(${sql}) % 4 = 0 AND (YEAR(${sql}) % 100 <> 0 OR YEAR(${sql}) % 400 = 0) THEN 29 ELSE 28 END)))`;
}

function number(digits: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(digits)) throw new TypeError(`${digits} is no number`);
  return digits;
}

function lengthSql(
  sql: string,
  from: PortableType,
  { unit, limit }: Extract<Risk, { kind: "length" }>,
  facts: ColumnFacts | undefined,
): string | null {
  if (from.kind === "bytes")
    return from.length !== null && from.length <= limit ? null : `LENGTH(${sql}) > ${limit}`;
  if (from.kind === "text" && unit === "characters" && from.length !== null && from.length <= limit)
    return null;
  return unit === "characters"
    ? `CHAR_LENGTH(${sql}) > ${limit}`
    : `LENGTH(${utf8Text(sql, facts)}) > ${limit}`;
}

/** Of what is taken for UTF-8; other character sets are converted by the server, which has a character for each byte. */
function encodingSql(
  sql: string,
  from: PortableType,
  facts: ColumnFacts | undefined,
  isMariaDb: boolean,
): string | null {
  if (from.kind !== "text" || facts === undefined || utf8Text(sql, facts) !== sql) return null;
  const bytes = `CAST(${sql} AS BINARY)`;
  // MariaDB takes halves of UTF-16's pairs for characters; MySQL refuses such bytes, and has no patterns of bytes.
  const half = isMariaDb ? ` OR ${bytes} REGEXP '\\\\xED[\\\\xA0-\\\\xBF]'` : "";
  return `(${sql} IS NOT NULL AND (NOT (CAST(CONVERT(${bytes} USING utf8mb4) AS BINARY) <=> ${bytes})${half}))`;
}

/**
 * True where a text of any of the columns, all of which are UTF-8, holds U+0000 or bytes that are no UTF-8: one look at
 * all of a row's texts, at half the time of a look at each. ASCII between two texts neither hides such bytes nor makes
 * them. NULL is not true of a row that is too long for that, which counts as one that does.
 */
export function oddTextsSql(columns: readonly TextColumn[], isMariaDb: boolean): string {
  if (isMariaDb && columns.every(({ facts }) => facts.charset === "utf8mb4")) {
    // Its patterns look whether a text is UTF-8 before they look for anything: then nothing matches. Half the time.
    const parts = columns.map(({ sql }) => `${sql} COLLATE utf8mb4_bin`);
    return `(CONCAT_WS(_utf8mb4';', ${parts.join(", ")}) REGEXP '\\\\A[^\\\\x00]*+\\\\z') IS NOT TRUE`;
  }
  const texts = `CONCAT_WS(_binary';', ${columns.map(({ sql }) => `CAST(${sql} AS BINARY)`).join(", ")})`;
  return `(INSTR(${texts}, _binary x'00') > 0 OR NOT (CAST(CONVERT(${texts} USING utf8mb4) AS BINARY) <=> ${texts}) OR ${texts} IS NULL)`;
}

export interface TextColumn {
  readonly sql: string;
  readonly facts: ColumnFacts;
}

/** Whether {@link oddTextsSql} answers a question of a text. */
export function isOfTexts(
  from: PortableType,
  { kind }: Risk,
  sql: string,
  facts: ColumnFacts | undefined,
): boolean {
  return (
    (kind === "nul-character" || kind === "invalid-encoding") &&
    isText(from) &&
    facts !== undefined &&
    utf8Text(sql, facts) === sql
  );
}

/** The wire forms. */
export function formatSql(sql: string, of: Extract<Risk, { kind: "format" }>["of"]): string {
  if (of === "json") return `JSON_VALID(${sql}) = 0`;
  return `NOT ${sql} REGEXP ${formats[of]}`;
}

const day = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const formats = {
  integer: "'^[-+]?[0-9]+$'",
  number: "'^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'",
  date: `'^${day}$'`,
  time: "'^-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'",
  timestamp: `'^${day}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'`,
  uuid: "'^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'",
} as const;
