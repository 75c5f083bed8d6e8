import type { PortableType } from "../../core/portable.ts";
import type { ColumnFacts } from "./column-facts.ts";

/** A number without zeros at the end of its fraction; `facts` of a column by itself, undefined for what is computed. */
export function withoutZeros(value: string, type: PortableType, facts: ColumnFacts | undefined): string {
  return type.kind === "decimal" && type.scale === 0 ? value : withoutFractionZeros(value, facts);
}

/** Without zeros at the end of a second's digits. */
export function secondsOf(value: string, type: PortableType, facts: ColumnFacts | undefined): string {
  if ((type.kind !== "time" && type.kind !== "timestamp") || type.precision === 0) return value;
  return withoutFractionZeros(value, facts);
}

/**
 * Only a column's own declaration says that its text has a point. A product of whole numbers that a rule calls a
 * decimal has none, nor has what an accepted loss has rounded: of 100 no more than 1 would be left.
 */
function withoutFractionZeros(value: string, facts: ColumnFacts | undefined): string {
  if (facts !== undefined && hasFraction(facts)) return trimmed(value);
  return `IF(LOCATE('.', ${value}) > 0 AND LOCATE('e', ${value}) = 0, ${trimmed(value)}, ${value})`;
}

function hasFraction({ columnType }: ColumnFacts): boolean {
  return /^(?:decimal\(\d+,[1-9]|(?:time|datetime|timestamp)\([1-6]\))/.test(columnType);
}

/** Of a text with a point in it. As bytes: to trim text takes three times as long. */
function trimmed(value: string): string {
  return `TRIM(TRAILING _binary'.' FROM TRIM(TRAILING _binary'0' FROM CAST(${value} AS BINARY)))`;
}
