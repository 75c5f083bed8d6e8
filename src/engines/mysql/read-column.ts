import { GodwitError } from "../../core/error.ts";
import type { Expression } from "../../core/expression.ts";
import type { PortableType, RiskKind } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { ReadColumn, WireForm } from "../data-roles.ts";
import { acceptedValue, withoutNul } from "./accepted-value.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { bytesLiteral, textLiteral } from "./sql-text.ts";
import { traits } from "./traits.ts";
import { secondsOf, withoutZeros } from "./trimmed-text.ts";
import { ownBytes, utf8Text } from "./utf8-text.ts";
import type { WideForm } from "./wide-rows.ts";

/** How a column is read: as a part of the row's text, and by itself where that text would be too long. */
export interface ColumnReading {
  /** The field as COPY text, or NULL where it would be too long. Never NULL otherwise: NULL is \N. */
  readonly narrow: string;
  /** The value, to be brought into that form by the program. */
  readonly wide: string;
  readonly form: WideForm;
}

const geometries =
  /^(geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)$/;
const copyNull = bytesLiteral("\\N");

/** Throws GW7006. */
export function columnReading(
  column: ReadColumn,
  facts: ColumnFacts | undefined,
  wire: WireForm,
): ColumnReading {
  const { accepts = [] } = column;
  const given = column.value === null ? traits.quote(column.name) : expressionText(column.value);
  const value = acceptedValue(given, accepts, column.from, column.to);
  const nullable = value !== given || column.value !== null || facts === undefined || facts.nullable;
  const isColumn = column.value === null && facts !== undefined;
  const reading = valueReading(value, column, isColumn ? facts : undefined, wire);
  return nullable ? { ...reading, narrow: `IF(${value} IS NULL, ${copyNull}, ${reading.narrow})` } : reading;
}

/** An expression in this engine's SQL. Throws GW7006. */
export function expressionText(expression: Expression): string {
  const text = printExpression(expression, "mysql");
  if (text !== null) return `(${text})`;
  throw new GodwitError("GW7006", {
    message: "an expression cannot be said in MySQL's SQL with the same meaning",
    details: { expression },
  });
}

function valueReading(
  value: string,
  { name, from, to, accepts = [], trimmed = false, encoding }: ReadColumn,
  facts: ColumnFacts | undefined,
  wire: WireForm,
): ColumnReading {
  // An accepted loss has made something else of it.
  const own = value === traits.quote(name) ? facts : undefined;
  if (facts !== undefined && isGeometry(facts)) return plain(`LOWER(${extendedWkb(value)})`);
  // In a text it is the digits alone.
  if (facts?.dataType === "vector")
    return to.kind === "native" ? hexadecimal(value, wire) : plain(`LOWER(HEX(${value}))`);
  if (encoding !== undefined) return { ...hexadecimal(value, wire), wide: ownBytes(value) };
  switch (from.kind) {
    case "bytes":
      if (to.kind === "uuid") return plain(uuidText(`LOWER(HEX(${value}))`));
      // A column of text that a rule reads as bytes, or the other way round, keeps its form.
      return hexadecimal(value, wire);
    case "bits":
      return plain(bitsText(value, from, to));
    case "boolean":
      return plain(facts?.dataType === "bit" ? `CAST(${value} AS UNSIGNED)` : `(${value} + 0)`);
    case "integer":
    case "decimal": {
      // ZEROFILL pads the text, not the number.
      const number = facts?.columnType.includes("zerofill") === true ? `(${value} + 0)` : value;
      return plain(trimmed && from.kind === "decimal" ? withoutZeros(number, from, own) : number);
    }
    case "float":
      return plain(floatText(value, facts));
    case "time":
    case "timestamp":
      return plain(trimmed ? secondsOf(value, from, own) : value);
    case "date":
    case "year":
      return plain(value);
    case "uuid":
      return plain(`LOWER(${value})`);
    case "enum":
      return from.labels.some(needsEscapes) ? escaped(value, facts) : plain(utf8Text(value, facts));
    case "set":
      return setReading(value, from.labels, to, facts);
    case "native":
      // Beside a value of such a type, the server would turn the text \N into NULL.
      return /^(inet4|inet6|uuid)$/.test(facts?.dataType ?? "")
        ? plain(`CAST(${value} AS CHAR)`)
        : escaped(value, facts);
    default:
      return escaped(value, facts, accepts);
  }
}

/**
 * FLOAT prints six digits; as a double all that count. MySQL cuts the text of a double that is no column at 22
 * characters, which is too short for 17 digits with a sign and an exponent, but not for a float's nine: so a DOUBLE is
 * left as it is, also with its own number of decimals, to which it was rounded when it was stored.
 */
export function floatText(value: string, facts: ColumnFacts | undefined): string {
  return facts?.dataType === "double" ? value : `CAST(${value} AS DOUBLE)`;
}

export function isGeometry({ dataType }: ColumnFacts): boolean {
  return geometries.test(dataType);
}

function plain(sql: string): ColumnReading {
  return { narrow: sql, wide: sql, form: "plain" };
}

function hexadecimal(value: string, { bytesPrefix }: WireForm): ColumnReading {
  const digits = `LOWER(HEX(${value}))`;
  return {
    narrow: bytesPrefix === "" ? digits : `CONCAT(${bytesLiteral(bytesPrefix)}, ${digits})`,
    wide: value,
    form: "hexadecimal",
  };
}

/**
 * As bytes, because REPLACE goes through text character by character: twice the time of all else together. In UTF-8
 * the four bytes are no part of another character.
 */
function escaped(
  value: string,
  facts: ColumnFacts | undefined,
  accepts: readonly RiskKind[] = [],
): ColumnReading {
  const pairs = [
    ["\\", "\\\\"],
    ["\t", "\\t"],
    ["\n", "\\n"],
    ["\r", "\\r"],
  ] as const;
  const narrow = pairs.reduce(
    (text, [from, to]) => `REPLACE(${text}, ${bytesLiteral(from)}, ${bytesLiteral(to)})`,
    withoutNul(`CAST(${utf8Text(value, facts)} AS BINARY)`, accepts),
  );
  const tooLong = longText(value, facts);
  const bounded = tooLong === null ? narrow : `IF(${tooLong}, NULL, ${narrow})`;
  // Without a function around it, so that a long value is no function's result: the server converts what it sends.
  return { narrow: bounded, wide: value, form: accepts.includes("nul-character") ? "stripped" : "escaped" };
}

/** Both servers move the rest of a text at each replacement: 10 MB with 5 million tabs took longer than ten minutes. */
const replacedBytes = 32_768;

/** The condition under which a text is better not escaped by the server; null where the type holds no such text. */
function longText(value: string, facts: ColumnFacts | undefined): string | null {
  if (facts === undefined) return `LENGTH(${value}) > ${replacedBytes}`;
  const declared = Number(/^(?:var)?char\((\d+)\)/.exec(facts.columnType)?.[1] ?? Infinity);
  if (/^(enum|set|tinytext)$/.test(facts.dataType) || declared * 4 <= replacedBytes) return null;
  // LENGTH would write the document once more.
  return `${facts.dataType === "json" ? "JSON_STORAGE_SIZE" : "LENGTH"}(${value}) > ${replacedBytes}`;
}

function needsEscapes(label: string): boolean {
  return /[\\\t\n\r]/.test(label);
}

function bitsText(value: string, from: PortableType & { kind: "bits" }, to: PortableType): string {
  const number = `CAST(${value} AS UNSIGNED)`;
  return to.kind === "boolean" || to.kind === "integer" || to.kind === "decimal"
    ? number
    : `LPAD(BIN(${number}), ${from.length}, '0')`;
}

export function uuidText(digits: string): string {
  const part = (from: number, length: number) => `SUBSTR(${digits}, ${from}, ${length})`;
  return `CONCAT_WS('-', ${part(1, 8)}, ${part(9, 4)}, ${part(13, 4)}, ${part(17, 4)}, ${part(21, 12)})`;
}

/** A set's labels hold no commas. As an array all are quoted, so that NULL and spaces are themselves. */
function setReading(
  value: string,
  labels: readonly string[],
  to: PortableType,
  facts: ColumnFacts | undefined,
): ColumnReading {
  const text = utf8Text(value, facts);
  const asIs = labels.some(needsEscapes) ? escaped(text, undefined) : plain(text);
  if (to.kind !== "array" && to.kind !== "json") return asIs;
  const [open, close] = to.kind === "json" ? ["[", "]"] : ["{", "}"];
  const quoted = `REPLACE(REPLACE(REPLACE(${text}, ${textLiteral("\\")}, ${textLiteral("\\\\")}), '"', ${textLiteral('\\"')}), ',', '","')`;
  const array = `IF(${text} = '', '${open}${close}', CONCAT('${open}"', ${quoted}, '"${close}'))`;
  return escaped(array, undefined);
}

/**
 * The server's own bytes are the SRID and then WKB, with x before y whatever the SRID says; ST_AsWKB turns the axes
 * of geographic systems. EWKB has a bit in the type that says that the SRID follows it.
 */
export function extendedWkb(value: string): string {
  const digits = `HEX(${value})`;
  return `CONCAT('01', SUBSTR(${digits}, 11, 6), '20', SUBSTR(${digits}, 1, 8), SUBSTR(${digits}, 19))`;
}
