import type { DigestColumn, DigestForm } from "../data-roles.ts";
import { formedTypes, isMeasured } from "../measured-form.ts";
import { utcSql, valueSql } from "./table-source.ts";
import { bitsNumber } from "./wire-form.ts";

/** A column's form as SQL. */
export interface FormSql {
  readonly form: string;
  /** The number of its bytes in UTF-8, where that is cheaper than to count them; null otherwise. */
  readonly bytes: string | null;
  /** It takes so long that it is worth a subquery to compute it once only. */
  readonly isDear: boolean;
}

export function formSql(column: DigestColumn): FormSql {
  const sql = valueSql({ ...column, from: column.type });
  const made = unguarded(sql, column);
  // The server's own types keep to their form; what a text or a rule gives may be anything.
  if (isMeasured(column.form)) return column.value === null ? made : { ...made, isDear: true };
  if (formedTypes.has(column.type.kind) && column.value === null) return made;
  const { form } = made;
  return {
    form: `CASE WHEN left(${form}, 1) NOT IN ('', '?') AND strpos(${form}, ';') = 0 THEN ${form} ELSE '?' || octet_length(${form}) || ':' || ${form} END`,
    bytes: null,
    isDear: true,
  };
}

function unguarded(sql: string, column: DigestColumn): FormSql {
  const { type, form } = column;
  switch (form.kind) {
    case "integer":
    case "decimal":
      return plain(numberSql(sql, column));
    case "float":
      return plain(floatSql(sql, form.bits));
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
      return plain(type.kind === "timestamp" ? `(${utcSql(sql, type.zone)})::date::text` : `(${sql})::text`);
    case "time":
      // The server leaves zeros at the end of a second's digits out, and the point before them.
      return plain(
        type.kind === "interval"
          ? `(extract(epoch FROM ${sql})::text || ' s')::interval::text`
          : `(${sql})::text`,
      );
    case "timestamp":
      return plain(
        type.kind === "timestamp" ? `(${utcSql(sql, type.zone)})::text` : `(${sql})::timestamp::text`,
      );
    case "uuid":
      return type.kind === "bytes"
        ? plain(`encode(${sql}, 'hex')::uuid::text`)
        : plain(type.kind === "uuid" ? `(${sql})::text` : `lower((${sql})::text)`);
    case "set":
      return dear(setSql(sql, type.kind));
    case "text": {
      const made = textSql(sql, column, form);
      return made === `(${sql})::text` ? plain(made) : dear(made);
    }
    case "json":
      // Arrays are copied as JSON where the other side has no arrays.
      return dear(type.kind === "array" ? `to_json(${sql})::text` : `(${sql})::text`);
    case "array":
      return dear(`(${sql})::text`);
  }
}

const plain = (form: string): FormSql => ({ form, bytes: null, isDear: false });
const dear = (form: string): FormSql => ({ form, bytes: null, isDear: true });

function numberSql(sql: string, { type }: DigestColumn): string {
  if (type.kind === "integer" || type.kind === "year") return `(${sql})::text`;
  if (type.kind === "boolean") return `(${sql})::int4::text`;
  if (type.kind === "bits") return `(${bitsNumber(sql)})::text`;
  return `trim_scale((${sql})::numeric)::text`;
}

function bytesForm(sql: string, kind: string): FormSql {
  if (kind === "bytes")
    return { form: `encode(${sql}, 'hex')`, bytes: `octet_length(${sql}) * 2`, isDear: false };
  return kind === "uuid"
    ? plain(`replace((${sql})::text, '-', '')`)
    : dear(`encode(convert_to((${sql})::text, 'UTF8'), 'hex')`);
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
  if (type.kind === "timestamp") return `(${utcSql(sql, type.zone)})::text`;
  // As the type's own output prints it, and COPY: a cast is another function (that of inet adds a mask).
  if (type.kind === "native") return `CASE WHEN ${sql} IS DISTINCT FROM NULL THEN format('%s', ${sql}) END`;
  return `(${sql})::text`;
}

/** The server's own text where that has no exponent, which is nearly always, and cheap to tell. */
function floatSql(sql: string, bits: 32 | 64): string {
  const float = `(${sql})::float${bits === 32 ? 4 : 8}`;
  const text = `${float}::text`;
  if (bits === 32)
    return `CASE WHEN ${great(float, bits)} THEN ${seventeenDigits(float)} ELSE ${scientific(text)} END`;
  return `CASE WHEN abs((${sql})::float8) >= 1e-4 AND abs((${sql})::float8) < 1e15 THEN ${text}
    WHEN (${sql})::float8 = 0 THEN '0' WHEN ${great(float, bits)} THEN ${seventeenDigits(float)}
    ELSE ${scientific(text)} END`;
}

/** From where on the shortest digits are not one text: see `floatForm`. NaN is greater than all else. */
function great(float: string, bits: 32 | 64): string {
  return `abs(${float}::float8) BETWEEN ${bits === 32 ? 2 ** 24 : 2 ** 53} AND 1.7976931348623157e308`;
}

function seventeenDigits(float: string): string {
  const text = `to_char(${float}::float8, '9.${"9".repeat(16)}EEEE')`;
  return `ltrim(regexp_replace(${text}, '\\.?0*e\\+0?', 'e'))`;
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
