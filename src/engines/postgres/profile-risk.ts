import type { PortableType, Risk } from "../../core/portable.ts";

/** The condition under which a value shows the risk; null where no value of the type can. */
export function riskSql(value: string, from: PortableType, risk: Risk): string | null {
  // Without effect on numeric; money is compared with no number.
  const sql = from.kind === "decimal" ? `(${value})::numeric` : value;
  switch (risk.kind) {
    case "null":
      return `${sql} IS NULL`;
    case "not-boolean":
      return isNumber(from) ? `${sql} NOT IN (0, 1)` : isText(from) ? `${sql}::text NOT IN ('0', '1')` : null;
    case "range":
      if (isNumber(from)) return outside(sql, `${numeric(risk.minimum)}`, `${numeric(risk.maximum)}`);
      return null;
    case "length":
      return lengthSql(sql, from, risk.unit, risk.limit);
    case "scale":
      if (from.kind === "decimal") return `${sql} <> trunc(${sql}, ${risk.digits})`;
      return from.kind === "float" ? `${finite(sql)} <> trunc(${finite(sql)}, ${risk.digits})` : null;
    case "precision":
      return precisionSql(sql, from, risk.digits);
    case "not-a-number":
      return from.kind === "float" || from.kind === "decimal" ? `${sql} = 'NaN'` : null;
    case "infinity":
      if (from.kind === "float") return `${sql} IN ('Infinity', '-Infinity')`;
      // As text, since numeric has had infinity from PostgreSQL 14 only.
      if (from.kind === "decimal") return `${sql}::text IN ('Infinity', '-Infinity')`;
      return isDay(from) ? `NOT isfinite(${sql})` : null;
    case "year-range":
      return isDay(from)
        ? `(isfinite(${sql}) AND extract(year FROM ${utc(sql, from)}) NOT BETWEEN 1 AND 9999)`
        : null;
    case "time-range":
      if (from.kind === "time") return `${sql} = '24:00:00'`;
      if (from.kind === "interval")
        return `(extract(epoch FROM ${sql}) < 0 OR extract(epoch FROM ${sql}) >= 86400)`;
      return null;
    case "empty-enum":
      return from.kind === "enum" || from.kind === "text" ? `${sql}::text = ''` : null;
    case "format":
      return formatSql(sql, from, risk.of);
    case "json-lossy":
      return from.kind === "json" ? lossyJson(sql, from.binary) : null;
    // A server with an encoding refuses both; one without (SQL_ASCII) is found when the text is read.
    case "nul-character":
      return from.kind === "json" && !from.binary ? nulEscape(sql) : null;
    case "invalid-encoding":
    case "undefined-bytes":
    case "zero-date":
    case "storage-class":
      return null;
  }
}

const isNumber = ({ kind }: PortableType): boolean =>
  kind === "integer" || kind === "decimal" || kind === "float" || kind === "year";
const isText = ({ kind }: PortableType): boolean => kind === "text" || kind === "enum" || kind === "native";
const isDay = ({ kind }: PortableType): boolean => kind === "date" || kind === "timestamp";

function numeric(digits: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(digits)) throw new Error(`${digits} is no number`);
  return digits;
}

/** NaN is greater than all numbers, and so outside as well. */
function outside(sql: string, minimum: string, maximum: string): string {
  return `(${sql} < ${minimum} OR ${sql} > ${maximum})`;
}

function finite(sql: string): string {
  return `CASE WHEN ${sql} NOT IN ('NaN', 'Infinity', '-Infinity') THEN ${sql}::text::numeric END`;
}

function utc(sql: string, from: PortableType): string {
  return from.kind === "timestamp" && from.zone ? `${sql} AT TIME ZONE 'UTC'` : sql;
}

/** Of char(n) without its padding, as the values count there. */
function lengthSql(
  sql: string,
  from: PortableType,
  unit: "characters" | "bytes",
  limit: number,
): string | null {
  if (from.kind === "bytes") return `octet_length(${sql}) > ${limit}`;
  if (from.kind === "text" && unit === "characters" && from.length !== null && from.length <= limit)
    return null;
  const text = from.kind === "array" || from.kind === "json" ? `to_json(${sql})::text` : `${sql}::text`;
  return `${unit === "bytes" ? `octet_length(convert_to(${text}, 'UTF8'))` : `length(${text})`} > ${limit}`;
}

function precisionSql(sql: string, from: PortableType, digits: number): string | null {
  if (from.kind !== "timestamp" && from.kind !== "time" && from.kind !== "interval") return null;
  if (from.kind !== "interval" && from.precision <= digits) return null;
  return `extract(microseconds FROM ${sql})::bigint % ${10 ** (6 - Math.min(6, digits))} <> 0`;
}

function formatSql(
  sql: string,
  from: PortableType,
  of: Extract<Risk, { kind: "format" }>["of"],
): string | null {
  if (!isText(from)) return null;
  return `${sql}::text !~ ${formats[of]}`;
}

/** What the wire forms look like; how the target judges 2023-02-29 is found when it is written. */
const formats: Readonly<Record<Extract<Risk, { kind: "format" }>["of"], string>> = {
  integer: `'^[-+]?[0-9]+$'`,
  number: `'^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'`,
  date: `'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'`,
  time: `'^-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'`,
  timestamp: `'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'`,
  uuid: `'^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'`,
  json: `'^[[:space:]]*([[{"0-9-]|true|false|null)'`,
};

/** The escape of U+0000 as a pattern that keeps, as \\1, backslashes that are themselves escaped. */
export const nulEscapePattern = String.raw`'(?<!\\)((?:\\\\)*)\\u0000'`;

/** The escape of U+0000, and not a backslash that is itself escaped; the binary form refuses it. */
function nulEscape(sql: string): string {
  return `${sql}::text ~ '(^|[^\\\\])(\\\\\\\\)*\\\\u0000'`;
}

/**
 * Keys that stand twice in one object, and numbers that a double does not hold. Only where a long run of digits
 * stands in the text are the numbers looked at one by one.
 */
function lossyJson(sql: string, binary: boolean): string {
  const every = `jsonb_path_query(${sql}::jsonb, 'strict $.**')`;
  const numbers = `EXISTS (SELECT FROM ${every} AS n(n) WHERE jsonb_typeof(n) = 'number' AND CASE
    WHEN length(n::text) > 300 THEN true ELSE n::text::numeric <> n::text::float8::text::numeric END)`;
  const rounded = `(${sql}::text ~ '[0-9][0-9.]{15}|[0-9][eE]' AND ${numbers})`;
  if (binary) return rounded;
  const kept = `(SELECT count(*) FROM ${every} AS o(o), jsonb_object_keys(CASE WHEN jsonb_typeof(o) = 'object' THEN o ELSE '{}' END))`;
  // A string with a colon after it is a key; matching all strings keeps those inside of others out.
  const written = `(SELECT count(m[1]) FROM regexp_matches(${sql}::text, '"(?:[^"\\\\]|\\\\.)*"([[:space:]]*:)?', 'g') AS m)`;
  return `CASE WHEN ${nulEscape(sql)} THEN true ELSE ${written} <> ${kept} OR ${rounded} END`;
}
