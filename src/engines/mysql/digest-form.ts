import type { DigestColumn } from "../data-roles.ts";
import { acceptedValue, withoutNul } from "./accepted-value.ts";
import { formedTypes, isMeasured } from "../measured-form.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { expressionText, extendedWkb, floatText, isGeometry, uuidText } from "./read-column.ts";
import { textLiteral } from "./sql-text.ts";
import { traits } from "./traits.ts";
import { secondsOf, withoutZeros } from "./trimmed-text.ts";
import { undefinedBytesSql, undefinedBytesText } from "./undefined-bytes.ts";
import { ownBytes, utf8Text } from "./utf8-text.ts";

/** What the program still does to a value that the server has sent. */
export type SentForm = "plain" | "hexadecimal" | "float32" | "float64" | "labels";

export interface DigestField {
  /** The column or expression itself, for its NULL. */
  readonly value: string;
  /** The value's form in the server's SQL; null where that cannot say it. */
  readonly form: string | null;
  /** The number of the form's bytes. */
  readonly bytes: string;
  /** It stands in the row's text with its length before it. */
  readonly measured: boolean;
  readonly nullable: boolean;
  /** True of values whose form is another one than SQL says; NULL or false of all others. Null: there are none. */
  readonly unusual: string | null;
  /** The value as it is sent to be hashed by the program: no function is around a long one. */
  readonly sent: string;
  readonly as: SentForm;
}

/** How a column comes into a row's text. Throws GW7006. */
export function digestField(column: DigestColumn, facts: ColumnFacts | undefined): DigestField {
  const own = column.value === null ? facts : undefined;
  const given = column.value === null ? traits.quote(column.name) : expressionText(column.value);
  const value = acceptedValue(given, column.accepts ?? [], column.type, column.to ?? null);
  const made = fieldOf(column, value, own);
  const measured = isMeasured(column.form);
  const nullable = own === undefined || own.nullable || value !== given;
  const { form } = made;
  const whole = { bytes: `LENGTH(${form})`, unusual: null, ...made, value, measured, nullable };
  // The server's own types keep to their form; what a text or a rule gives may be anything.
  if (measured || form === null || (formedTypes.has(column.type.kind) && column.value === null)) return whole;
  const guarded = `IF(LENGTH(${form}) = 0 OR LEFT(${form}, 1) = '?' OR LOCATE(';', ${form}) > 0, CONCAT('?', LENGTH(${form}), ':', ${form}), ${form})`;
  return { ...whole, form: guarded, sent: guarded };
}

type FieldForm = Pick<DigestField, "form" | "sent" | "as"> & Partial<Pick<DigestField, "bytes" | "unusual">>;

function fieldOf(column: DigestColumn, value: string, own: ColumnFacts | undefined): FieldForm {
  const plain = (form: string): FieldForm => ({ form, sent: form, as: "plain" });
  const { type, form } = column;
  // ZEROFILL pads the text, and so does a year: 0000.
  const isPadded = own?.columnType.includes("zerofill") === true || type.kind === "year";
  const number = isPadded ? `(${value} + 0)` : value;
  // An accepted loss has made something else of it.
  const bare = value === traits.quote(column.name) ? own : undefined;
  switch (form.kind) {
    case "integer":
    case "decimal":
      if (type.kind === "bits") return plain(`CAST(${value} AS UNSIGNED)`);
      if (type.kind === "boolean") return plain(`(${value} + 0)`);
      return plain(
        type.kind === "integer" || type.kind === "year" ? number : withoutZeros(number, type, bare),
      );
    case "float":
      return floatField(column, value, own);
    case "boolean":
      return plain(own?.dataType === "bit" ? `CAST(${value} AS UNSIGNED)` : `(${value} + 0)`);
    case "bytes":
      if (type.kind === "uuid") return plain(`REPLACE(LOWER(${value}), '-', '')`);
      return column.encoding === undefined
        ? hexadecimal(value)
        : { ...hexadecimal(value), sent: ownBytes(value) };
    case "bits":
      // What is no column of bits keeps them as digits.
      return type.kind === "bits"
        ? plain(`LPAD(BIN(CAST(${value} AS UNSIGNED)), ${type.length}, '0')`)
        : textField(column, value, own);
    case "date":
      return plain(type.kind === "timestamp" ? `LEFT(${value}, 10)` : value);
    case "time":
    case "timestamp":
      return plain(secondsOf(value, type, bare));
    case "uuid":
      return plain(type.kind === "bytes" ? uuidText(`LOWER(HEX(${value}))`) : `LOWER(${value})`);
    case "set":
      if (type.kind === "set") return plain(sortedLabels(value, type.labels));
      return { form: null, sent: value, as: "labels" };
    case "text":
      return textField(column, value, own);
    case "json":
    case "array":
      // As it stands; the program compares what it means. MySQL's arrays are JSON.
      return textField(column, value, own);
  }
}

/** A value with an exponent is spelled by the program: in SQL that took a dozen functions, and 40 s for a million of them. */
function floatField({ form }: DigestColumn, value: string, own: ColumnFacts | undefined): FieldForm {
  const isSingle = form.kind === "float" && form.bits === 32;
  const sent = floatText(value, own);
  // A column with its own number of decimals prints zeros at their end. An expression's text would be cut.
  const isPlain =
    !isSingle && /^double(?: unsigned)?$/.test(own?.columnType ?? "") && !value.startsWith("IF(");
  return {
    form: isPlain ? value : null,
    unusual: isPlain
      ? `NOT (ABS(${value}) >= 1e-4 AND ABS(${value}) < 1e15) AND NOT (${value} = 0 AND CONCAT(${value}) = '0')`
      : null,
    sent,
    as: isSingle ? "float32" : "float64",
  };
}

function hexadecimal(value: string): FieldForm {
  return { form: `LOWER(HEX(${value}))`, bytes: `LENGTH(${value}) * 2`, sent: value, as: "hexadecimal" };
}

function textField(
  { type, form, accepts = [] }: DigestColumn,
  value: string,
  facts: ColumnFacts | undefined,
): FieldForm {
  if (facts !== undefined && isGeometry(facts)) {
    const digits = `LOWER(${extendedWkb(value)})`;
    return { form: digits, sent: digits, as: "plain" };
  }
  if (type.kind === "bytes" || facts?.dataType === "vector") return hexadecimal(value);
  if (type.kind === "boolean") return { form: `(${value} + 0)`, sent: `(${value} + 0)`, as: "plain" };
  const isStripped = accepts.includes("nul-character");
  const isTrimmed = form.kind === "text" && form.trimmed;
  const whole = withoutNul(`CAST(${utf8Text(value, facts)} AS BINARY)`, accepts);
  const text = isTrimmed ? `TRIM(TRAILING ' ' FROM ${whole})` : whole;
  const lost = accepts.includes("undefined-bytes") ? null : undefinedBytesSql(value, facts);
  const isMade = isStripped || isTrimmed;
  const sent = isMade ? text : value;
  if (lost === null) return { form: text, sent, as: "plain" };
  const told = undefinedBytesText(value, facts!.charset!);
  const inBytes = `CAST(${told} AS BINARY)`;
  return {
    form: `IF(${lost}, ${inBytes}, ${text})`,
    // In the column's own character set, so that the server converts what it sends, of any length.
    sent: `IF(${lost}, ${isMade ? inBytes : `CONVERT(${told} USING ${facts!.charset!})`}, ${sent})`,
    as: "plain",
  };
}

function sortedLabels(value: string, labels: readonly string[]): string {
  const sorted = labels.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const parts = sorted.map(
    (label) => `IF(FIND_IN_SET(${textLiteral(label)}, ${value}) > 0, ${textLiteral(label)}, NULL)`,
  );
  // Of NULL it would be the empty set.
  return `IF(${value} IS NULL, NULL, CONCAT_WS(',', ${parts.join(", ")}))`;
}
