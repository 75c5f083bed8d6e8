import type { PortableType } from "../../core/portable.ts";
import type { DigestColumn } from "../data-roles.ts";
import { acceptedValue, withoutNul } from "./accepted-value.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { expressionText, extendedWkb, floatText, isGeometry, uuidText } from "./read-column.ts";
import { textLiteral } from "./sql-text.ts";
import { traits } from "./traits.ts";
import { utf8Text } from "./utf8-text.ts";

/** What the program still does to a value that the server has sent. */
export type SentForm = "plain" | "hexadecimal" | "float32" | "float64" | "labels";

export interface DigestField {
  /** The column or expression itself, for its NULL. */
  readonly value: string;
  /** The value's form in the server's SQL; null where that cannot say it. */
  readonly form: string | null;
  /** The value as it is sent to be hashed by the program: no function is around a long one. */
  readonly sent: string;
  readonly as: SentForm;
}

/** How a column comes into a row's text. Throws GW7006. */
export function digestField(column: DigestColumn, facts: ColumnFacts | undefined): DigestField {
  const given = column.value === null ? traits.quote(column.name) : expressionText(column.value);
  const value = acceptedValue(given, column.accepts ?? [], column.type, null);
  const own = column.value === null ? facts : undefined;
  const plain = (form: string): DigestField => ({ value, form, sent: form, as: "plain" });
  const { type, form } = column;
  // ZEROFILL pads the text, and so does a year: 0000.
  const isPadded = own?.columnType.includes("zerofill") === true || type.kind === "year";
  const number = isPadded ? `(${value} + 0)` : value;
  switch (form.kind) {
    case "integer":
    case "decimal":
      if (type.kind === "bits") return plain(`CAST(${value} AS UNSIGNED)`);
      if (type.kind === "boolean") return plain(`(${value} + 0)`);
      return plain(type.kind === "integer" || type.kind === "year" ? number : withoutZeros(number, type));
    case "float": {
      // In SQL it takes the shortest digits apart with a dozen functions: 40 s for a million of them.
      return { value, form: null, sent: floatText(value, own), as: form.bits === 32 ? "float32" : "float64" };
    }
    case "boolean":
      return plain(own?.dataType === "bit" ? `CAST(${value} AS UNSIGNED)` : `(${value} + 0)`);
    case "bytes":
      return type.kind === "uuid"
        ? plain(`REPLACE(LOWER(${value}), '-', '')`)
        : { value, form: `LOWER(HEX(${value}))`, sent: value, as: "hexadecimal" };
    case "bits":
      // What is no column of bits keeps them as digits.
      return type.kind === "bits"
        ? plain(`LPAD(BIN(CAST(${value} AS UNSIGNED)), ${type.length}, '0')`)
        : textField(column, value, own);
    case "date":
      return plain(type.kind === "timestamp" ? `LEFT(${value}, 10)` : value);
    case "time":
    case "timestamp":
      return plain(sixDigits(value, type));
    case "uuid":
      return plain(type.kind === "bytes" ? uuidText(`LOWER(HEX(${value}))`) : `LOWER(${value})`);
    case "set":
      if (type.kind === "set") return plain(sortedLabels(value, type.labels));
      return { value, form: null, sent: value, as: "labels" };
    case "text":
      return textField(column, value, own);
    case "json":
    case "array":
      // As it stands; the program compares what it means. MySQL's arrays are JSON.
      return textField(column, value, own);
  }
}

function textField(
  { type, form, accepts = [] }: DigestColumn,
  value: string,
  facts: ColumnFacts | undefined,
): DigestField {
  if (facts !== undefined && isGeometry(facts)) {
    const digits = `LOWER(${extendedWkb(value)})`;
    return { value, form: digits, sent: digits, as: "plain" };
  }
  if (type.kind === "bytes" || facts?.dataType === "vector")
    return { value, form: `LOWER(HEX(${value}))`, sent: value, as: "hexadecimal" };
  if (type.kind === "boolean") return { value, form: `(${value} + 0)`, sent: `(${value} + 0)`, as: "plain" };
  const isStripped = accepts.includes("nul-character");
  const text = withoutNul(`CAST(${utf8Text(value, facts)} AS BINARY)`, accepts);
  if (form.kind === "text" && form.trimmed) {
    const trimmed = `TRIM(TRAILING ' ' FROM ${text})`;
    return { value, form: trimmed, sent: trimmed, as: "plain" };
  }
  return { value, form: text, sent: isStripped ? text : value, as: "plain" };
}

function withoutZeros(value: string, type: PortableType): string {
  if (type.kind === "decimal" && type.scale === 0) return value;
  const trimmed = `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${value}))`;
  return type.kind === "decimal" ? trimmed : `IF(LOCATE('.', ${value}) > 0, ${trimmed}, ${value})`;
}

function sixDigits(value: string, type: PortableType): string {
  if (type.kind !== "time" && type.kind !== "timestamp") return value;
  if (type.precision >= 6) return value;
  return `CONCAT(${value}, '${type.precision === 0 ? ".000000" : "0".repeat(6 - type.precision)}')`;
}

function sortedLabels(value: string, labels: readonly string[]): string {
  const sorted = labels.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const parts = sorted.map(
    (label) => `IF(FIND_IN_SET(${textLiteral(label)}, ${value}) > 0, ${textLiteral(label)}, NULL)`,
  );
  // Of NULL it would be the empty set.
  return `IF(${value} IS NULL, NULL, CONCAT_WS(',', ${parts.join(", ")}))`;
}
