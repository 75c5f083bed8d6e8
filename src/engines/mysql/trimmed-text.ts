import type { PortableType } from "../../core/portable.ts";

/** A number without zeros at the end of its fraction. */
export function withoutZeros(value: string, type: PortableType): string {
  if (type.kind === "decimal") return type.scale === 0 ? value : trimmed(value);
  return `IF(LOCATE('.', ${value}) > 0, ${trimmed(value)}, ${value})`;
}

/** Without zeros at the end of a second's digits. */
export function secondsOf(value: string, type: PortableType): string {
  if ((type.kind !== "time" && type.kind !== "timestamp") || type.precision === 0) return value;
  return trimmed(value);
}

/** Of a text with a point in it. As bytes: to trim text takes three times as long. */
function trimmed(value: string): string {
  return `TRIM(TRAILING _binary'.' FROM TRIM(TRAILING _binary'0' FROM CAST(${value} AS BINARY)))`;
}
