import type { PortableType } from "../../core/portable.ts";
import type { KeyColumn, KeyValues, Range } from "../data-roles.ts";
import { textLiteral } from "./sql-text.ts";
import { traits } from "./traits.ts";

/**
 * The condition of a range; null where it is the whole table. Written out column by column behind a bound on the
 * first one, from which the server makes ranges of the index; of row comparisons, (a, b) > (1, 2), MySQL makes none.
 */
export function rangeCondition(range: Range, key: readonly KeyColumn[]): string | null {
  switch (range.by) {
    case "all":
      return null;
    case "page":
      throw new TypeError("this engine has no ranges of pages");
    case "key": {
      const bounds = [
        ...(range.after === null ? [] : [bound(key, range.after, ">", false)]),
        ...(range.upTo === null ? [] : [bound(key, range.upTo, "<", true)]),
      ];
      return bounds.length === 0 ? null : bounds.join(" AND ");
    }
  }
}

/** Whether the server's comparisons with the text of a value go by the order of its index. An ENUM's do not. */
export function canBound(type: PortableType): boolean {
  return /^(boolean|integer|decimal|float|text|bytes|bits|date|time|timestamp|year|uuid)$/.test(type.kind);
}

/** A key's value as a literal that is compared in the column's own type and collation. */
export function keyLiteral(value: string, { type, encoding }: Pick<KeyColumn, "type" | "encoding">): string {
  if (encoding !== undefined) return value === "" ? "''" : `_${encoding} x'${hexadecimal(value)}'`;
  switch (type.kind) {
    case "boolean":
    case "integer":
    case "decimal":
    case "float":
    case "year":
      if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) throw new TypeError(`not a number: ${value}`);
      return value;
    case "bits":
      if (!/^[01]+$/.test(value)) throw new TypeError(`not bits: ${value}`);
      return String(BigInt(`0b${value}`));
    case "bytes":
      return value === "" ? "_binary''" : `_binary x'${hexadecimal(value)}'`;
    default:
      return textLiteral(value);
  }
}

function hexadecimal(value: string): string {
  if (!/^([0-9a-f]{2})*$/i.test(value)) throw new TypeError(`not hexadecimal digits: ${value}`);
  return value;
}

function bound(
  key: readonly KeyColumn[],
  values: KeyValues,
  operator: "<" | ">",
  inclusive: boolean,
): string {
  const parts = key.map((column, place) => ({
    column: traits.quote(column.name),
    value: keyLiteral(values[place]!, column),
  }));
  const [first] = parts;
  if (first === undefined) throw new TypeError("a range of a key without columns");
  const last = `${operator}${inclusive ? "=" : ""}`;
  const inner = parts.reduceRight((rest, { column, value }) => {
    if (rest === "") return `${column} ${last} ${value}`;
    return `(${column} ${operator} ${value} OR (${column} = ${value} AND ${rest}))`;
  }, "");
  return parts.length === 1 ? inner : `${first.column} ${operator}= ${first.value} AND ${inner}`;
}
