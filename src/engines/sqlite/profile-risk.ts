import type { Question } from "../data-roles.ts";

/** A condition that is true of the values that show the risk. `value` is the column, quoted. */
export function riskSql(value: string, { from, risk }: Question): string {
  const is = (...classes: readonly string[]) =>
    `typeof(${value}) IN (${classes.map((each) => `'${each}'`).join(", ")})`;
  switch (risk.kind) {
    case "not-boolean":
      return `${value} IS NOT NULL AND NOT (${is("integer", "real")} AND ${value} IN (0, 1))`;
    case "range":
      // Integers and doubles are compared exactly by SQLite; digits in a text are not.
      return `CASE typeof(${value}) WHEN 'integer' THEN ${outside(value, risk)} WHEN 'real' THEN ${outside(value, risk)}
        WHEN 'text' THEN godwit_outside(${value}, '${risk.minimum}', '${risk.maximum}') END`;
    case "length":
      // Characters are never more than bytes; length() would stop at U+0000.
      return risk.unit === "bytes"
        ? `octet_length(${value}) > ${risk.limit}`
        : `octet_length(${value}) > ${risk.limit} AND godwit_characters(${value}) > ${risk.limit}`;
    case "scale":
      return from.kind === "time" || from.kind === "timestamp"
        ? `${value} IS NOT NULL AND godwit_fraction(${value}) > ${risk.digits}`
        : `${is("real", "text")} AND godwit_scale(${value}) > ${risk.digits}`;
    case "precision":
      return from.kind === "time" || from.kind === "timestamp"
        ? `${value} IS NOT NULL AND godwit_fraction(${value}) > ${risk.digits}`
        : `${is("integer", "real", "text")} AND godwit_precision(${value}) > ${risk.digits}`;
    case "nul-character":
      // Bytes: the text functions stop at U+0000 in places.
      return `${is("text")} AND instr(CAST(${value} AS BLOB), x'00') > 0`;
    case "invalid-encoding":
      return `${is("text")} AND godwit_not_utf8(CAST(${value} AS BLOB))`;
    case "zero-date":
      return `${is("text")} AND ${value} GLOB '????-??-??*' AND (substr(${value}, 1, 4) = '0000' OR substr(${value}, 6, 2) = '00' OR substr(${value}, 9, 2) = '00')`;
    case "not-a-number":
      // A NaN is stored as NULL.
      return `${is("text")} AND lower(${value}) = 'nan'`;
    case "infinity":
      return `${value} IN (9e999, -9e999) OR (${is("text")} AND lower(ltrim(${value}, '+-')) IN ('inf', 'infinity'))`;
    case "year-range":
      return `${value} IS NOT NULL AND godwit_year_outside(${value})`;
    case "time-range":
      return `${value} IS NOT NULL AND godwit_no_time_of_day(${value})`;
    case "storage-class":
      return `NOT ${is("null", ...risk.expected)}`;
    case "format":
      return format(value, risk.of, is);
    case "empty-enum":
      return `${value} = ''`;
    case "json-lossy":
      return `${value} IS NOT NULL AND godwit_json_lossy(CASE ${is("blob")} WHEN 1 THEN CASE WHEN json_valid(${value}, 8) THEN json(${value}) END ELSE ${value} END)`;
    case "undefined-bytes":
      return "0";
    case "null":
      return `${value} IS NULL`;
  }
}

function outside(value: string, risk: { readonly minimum: string; readonly maximum: string }): string {
  return `(${value} < ${risk.minimum} OR ${value} > ${risk.maximum})`;
}

function format(
  value: string,
  of: "date" | "time" | "timestamp" | "number" | "integer" | "uuid" | "json",
  is: (...classes: readonly string[]) => string,
): string {
  switch (of) {
    case "json":
      // RFC 8259, or JSONB; JSON5 is what SQLite reads besides.
      return `${value} IS NOT NULL AND NOT ifnull(json_valid(${value}, 1), 0) AND NOT (${is("blob")} AND json_valid(${value}, 8))`;
    case "number":
      return `${is("blob")} OR (${is("text")} AND NOT godwit_is('number', ${value}))`;
    case "integer":
      return `${is("blob")} OR (${is("real", "text")} AND NOT godwit_is('integer', ${value}))`;
    case "uuid":
      return `${value} IS NOT NULL AND NOT (${is("blob")} AND octet_length(${value}) = 16) AND NOT (${is("text")} AND godwit_is('uuid', ${value}))`;
    default:
      return `${value} IS NOT NULL AND (${is("blob")} OR NOT godwit_is('${of}', ${value}))`;
  }
}
