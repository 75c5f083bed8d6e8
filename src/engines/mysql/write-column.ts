import type { WriteColumn } from "../data-roles.ts";
import { traits } from "./traits.ts";

/**
 * The value that is stored for a field, as SQL over the field's text; null where the text itself is stored. A value
 * that cannot be made must not become NULL in silence: the number that is no number raises a warning, and a load with
 * a warning is refused.
 */
export function storedValue(column: WriteColumn, field: string): string | null {
  const { type } = column;
  // Into a text bytes are stored as they are, where its character set lets them in.
  if (type.kind === "bytes" || column.encoding !== undefined) return checked(unhex(field), field);
  if (type.kind === "bits") {
    return `IF(${field} REGEXP '^[01]{1,64}$', CAST(CONV(${field}, 2, 10) AS UNSIGNED), ${refusal(field)})`;
  }
  if (isGeometry(column)) return checked(`UNHEX(${serverGeometry(field)})`, field);
  if (isVector(column)) return checked(unhex(field), field);
  return null;
}

function isGeometry({ type, sql }: WriteColumn): boolean {
  return type.kind === "native" && /^(geometry|point|linestring|polygon|multi\w+|geom\w+)\b/i.test(sql);
}

function isVector({ type, sql }: WriteColumn): boolean {
  return type.kind === "native" && /^vector\b/i.test(sql);
}

/** UNHEX takes an odd number of digits, and puts a zero before them. */
function unhex(field: string): string {
  return `IF(LENGTH(${field}) % 2 = 0, UNHEX(${field}), NULL)`;
}

function checked(value: string, field: string): string {
  return `IFNULL(${value}, ${refusal(field)})`;
}

function refusal(field: string): string {
  return `IF(${field} IS NULL, NULL, CAST(CONCAT('x', LEFT(${field}, 40)) AS SIGNED))`;
}

/** From EWKB of the little end, with or without an SRID, to SRID and WKB: what the server itself stores. */
function serverGeometry(field: string): string {
  const tail = (from: number) => `SUBSTR(${field}, ${from})`;
  return `CASE WHEN ${field} LIKE '01______20%' THEN CONCAT(SUBSTR(${field}, 11, 8), '01', SUBSTR(${field}, 3, 6), '00', ${tail(19)})
    WHEN ${field} LIKE '01______00%' THEN CONCAT('00000000', ${field}) END`;
}

/** The same for a field of COPY text, with its bytes as latin1, as a literal of an INSERT. */
export function fieldLiteral(column: WriteColumn): (field: string) => string {
  const hexadecimal = column.type.kind === "bytes" || column.encoding !== undefined || isVector(column);
  const geometry = isGeometry(column);
  return (field) => {
    if (field === "\\N") return "NULL";
    if (hexadecimal && /^([0-9a-f]{2})*$/i.test(field)) return `x'${field}'`;
    if (column.type.kind === "bits" && /^[01]{1,64}$/.test(field)) return `b'${field}'`;
    if (geometry) {
      const match = /^01(.{6})(20|00)(.*)$/.exec(field);
      if (match !== null) {
        const [, type, flag, rest = ""] = match;
        return flag === "20" ? `x'${rest.slice(0, 8)}01${type}00${rest.slice(8)}'` : `x'00000000${field}'`;
      }
    }
    return `'${field.replaceAll("'", "''")}'`;
  };
}

/** The columns and assignments of LOAD DATA. */
export function loadColumns(columns: readonly WriteColumn[]): string {
  const assignments: string[] = [];
  const targets = columns.map((column, place) => {
    const variable = `@godwit_${place}`;
    const value = storedValue(column, variable);
    if (value === null) return traits.quote(column.name);
    assignments.push(`${traits.quote(column.name)} = ${value}`);
    return variable;
  });
  return `(${targets.join(", ")})${assignments.length === 0 ? "" : ` SET ${assignments.join(", ")}`}`;
}
