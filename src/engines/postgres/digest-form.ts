import type { DigestColumn, DigestForm } from "../data-roles.ts";
import { valueSql } from "./table-source.ts";
import { bitsNumber } from "./wire-form.ts";

/** How the form of a column is computed: `raw` from the row, `form` from the name of what `raw` gave. */
export interface FormSql {
  readonly raw: string;
  readonly form: (raw: string) => string;
}

export function formSql(column: DigestColumn): FormSql {
  const sql = valueSql({ ...column, from: column.type });
  const { type, form } = column;
  switch (form.kind) {
    case "integer":
    case "decimal":
      return plain(numberSql(sql, column));
    case "float":
      return { raw: `(${sql})::${form.bits === 32 ? "float4" : "float8"}::text`, form: scientific };
    case "boolean":
      return plain(type.kind === "boolean" ? `(${sql})::int4::text` : `(${sql})::text`);
    case "bytes":
      return bytesForm(sql, type.kind);
    case "bits":
      return plain(
        type.kind === "integer" || type.kind === "decimal"
          ? `(${sql})::int8::bit(64)::text`
          : `(${sql})::text`,
      );
    case "date":
      return plain(type.kind === "timestamp" ? `(${utc(sql, type.zone)})::date::text` : `(${sql})::text`);
    case "time":
      return sixDigits(
        type.kind === "interval"
          ? `(extract(epoch FROM ${sql})::text || ' s')::interval::text`
          : `(${sql})::text`,
      );
    case "timestamp":
      return sixDigits(
        type.kind === "timestamp" ? `(${utc(sql, type.zone)})::text` : `(${sql})::timestamp::text`,
      );
    case "uuid":
      return type.kind === "bytes"
        ? plain(`encode(${sql}, 'hex')::uuid::text`)
        : plain(type.kind === "uuid" ? `(${sql})::text` : `lower((${sql})::text)`);
    case "set":
      return plain(setSql(sql, type.kind));
    case "text":
      return plain(textSql(sql, column, form));
    case "json":
      // Arrays are copied as JSON where the other side has no arrays.
      return plain(type.kind === "array" ? `to_json(${sql})::text` : `(${sql})::text`);
    case "array":
      return plain(`(${sql})::text`);
  }
}

const plain = (raw: string): FormSql => ({ raw, form: (name) => name });

function utc(sql: string, zone: boolean): string {
  return zone ? `(${sql}) AT TIME ZONE 'UTC'` : sql;
}

function numberSql(sql: string, { type }: DigestColumn): string {
  if (type.kind === "integer" || type.kind === "year") return `(${sql})::text`;
  if (type.kind === "boolean") return `(${sql})::int4::text`;
  if (type.kind === "bits") return `(${bitsNumber(sql)})::text`;
  return `trim_scale((${sql})::numeric)::text`;
}

function bytesForm(sql: string, kind: string): FormSql {
  if (kind === "bytes") return plain(`encode(${sql}, 'hex')`);
  const raw =
    kind === "uuid"
      ? `replace((${sql})::text, '-', '')`
      : `encode(convert_to((${sql})::text, 'UTF8'), 'hex')`;
  return plain(raw);
}

/**
 * The server leaves zeros at the end of the digits of a second out, and the point before them. What does not end with
 * seconds (infinity, BC, an offset) stays as it is.
 */
function sixDigits(raw: string): FormSql {
  return {
    raw,
    // Never shorter: what stands after the digits (BC, an offset) counts too.
    form: (t) =>
      `CASE WHEN position('.' IN ${t}) = 0 THEN ${t} || CASE left(right(${t}, 3), 1) WHEN ':' THEN '.000000' ELSE '' END ELSE rpad(${t}, greatest(length(${t}), position('.' IN ${t}) + 6), '0') END`,
  };
}

function setSql(sql: string, kind: string): string {
  const list = kind === "array" ? `(${sql})::text[]` : `string_to_array(nullif((${sql})::text, ''), ',')`;
  const sorted = `coalesce((SELECT string_agg(label, ',' ORDER BY label COLLATE "C") FROM unnest(${list}) AS l(label)), '')`;
  return `CASE WHEN ${sql} IS NOT NULL THEN ${sorted} END`;
}

/** char(n) is read with its padding, as it is copied; a cast to text would drop it. */
function textSql(sql: string, { type }: DigestColumn, form: Extract<DigestForm, { kind: "text" }>): string {
  const isFixed = type.kind === "text" && type.fixed;
  if (form.trimmed) return `rtrim((${sql})::text, ' ')`;
  if (isFixed && type.length !== null) return `rpad((${sql})::text, ${type.length}, ' ')`;
  if (type.kind === "boolean") return `(${sql})::int4::text`;
  if (type.kind === "bytes") return `encode(${sql}, 'hex')`;
  if (type.kind === "timestamp") return `(${utc(sql, type.zone)})::text`;
  // As the type's own output prints it, and COPY: a cast is another function (that of inet adds a mask).
  if (type.kind === "native") return `CASE WHEN ${sql} IS DISTINCT FROM NULL THEN format('%s', ${sql}) END`;
  return `(${sql})::text`;
}

/** The shortest digits as d.ddde±n: the server prints an exponent only for the very great and the very small. */
function scientific(text: string): string {
  const mantissa = `split_part(ltrim(${text}, '-'), 'e', 1)`;
  const digits = `replace(${mantissa}, '.', '')`;
  const counting = `ltrim(${digits}, '0')`;
  const exponent = `coalesce(nullif(split_part(${text}, 'e', 2), '')::int, 0) + position('.' IN ${mantissa} || '.') - 2
    - length(${digits}) + length(${counting})`;
  // From 1 and below where the exponents begin, the most usual by far: a third of the calls.
  const usual = `strpos('123456789', left(${text}, 1)) > 0 AND strpos(${text}, 'e') = 0`;
  return `CASE WHEN ${usual} THEN rtrim(overlay(replace(${text}, '.', '') PLACING '.' FROM 2 FOR 0), '0.') || 'e'
      || (strpos(${text} || '.', '.') - 2)::text
    WHEN ${text} IN ('0', '-0') THEN '0e0' WHEN right(${text}, 1) IN ('N', 'y') THEN ${text}
    ELSE CASE WHEN left(${text}, 1) = '-' THEN '-' ELSE '' END
      || rtrim(overlay(${counting} PLACING '.' FROM 2 FOR 0), '0.') || 'e' || (${exponent})::text END`;
}
