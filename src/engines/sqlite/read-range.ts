import type { SQLInputValue } from "node:sqlite";
import { GodwitError } from "../../core/error.ts";
import type { KeyColumn, KeyValues, ReadRequest } from "../data-roles.ts";
import type { TableShape } from "./table-shape.ts";
import { sumOf } from "./many.ts";
import { traits } from "./traits.ts";

/** How the rows of a range are found where there is no rowid to walk along. */
export interface Found {
  /** What stands after FROM, with its conditions. */
  readonly from: string;
  readonly parameters: readonly SQLInputValue[];
  /** Columns that find one row again, as SQL; empty where there are none. */
  readonly key: readonly string[];
  /** The condition that does it, with ?1, ?2 … */
  readonly match: string;
  /** The bytes of the row's values, as SQL. */
  readonly width: string;
}

/** The bounds as rowids; null where the range is not one of rowids. */
export function rowidBounds(
  { range, key }: Pick<ReadRequest, "range" | "key">,
  shape: TableShape,
): { readonly after: bigint | null; readonly upTo: bigint | null } | null {
  if (shape.rowid === null) return null;
  if (range.by === "all") return { after: null, upTo: null };
  if (range.by === "page") {
    return {
      after: BigInt(range.from) - 1n,
      upTo: range.to === null ? null : BigInt(range.to) - 1n,
    };
  }
  const isRowid = key.length === 1 && key[0]!.name.toLowerCase() === shape.rowidColumn?.toLowerCase();
  if (!isRowid) return null;
  const [after, upTo] = [range.after?.[0], range.upTo?.[0]];
  return {
    after: after === undefined ? null : BigInt(after),
    upTo: upTo === undefined ? null : BigInt(upTo),
  };
}

export function findRows(
  { table, range, key, columns }: ReadRequest,
  shape: TableShape,
  where: string | null,
): Found {
  if (range.by === "page") {
    throw new GodwitError("GW9001", { message: `${table.name} has no rowid to be read by pages` });
  }
  const names = key.map((column) => traits.quote(column.name));
  const conditions = where === null ? [] : [`(${where})`];
  const parameters: SQLInputValue[] = [];
  const bound = (values: KeyValues, operator: string) => {
    parameters.push(...values.map((value, i) => keyValue(value, key[i]!, shape)));
    conditions.push(`(${names.join(", ")}) ${operator} (${names.map(() => "?").join(", ")})`);
  };
  if (range.by === "key" && range.after !== null) bound(range.after, ">");
  if (range.by === "key" && range.upTo !== null) bound(range.upTo, "<=");
  return {
    from: `main.${traits.quote(table.name)}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`}`,
    parameters,
    key: names,
    match: names.map((name, i) => `${name} = ?${i + 1}`).join(" AND "),
    width: sumOf(columns.map((column) => `ifnull(octet_length(${traits.quote(column.name)}), 0)`)),
  };
}

/** A key's value as the column stores it: comparisons go by storage class first. */
export function keyValue(text: string, column: KeyColumn, shape: TableShape): SQLInputValue {
  const affinity = shape.columns.get(column.name.toLowerCase())?.affinity;
  switch (column.type.kind) {
    case "integer":
    case "boolean":
    case "year":
      return /^-?\d+$/.test(text) ? BigInt(text) : text;
    case "float":
      return Number(text);
    case "bytes":
      return Buffer.from(text, "hex");
    case "decimal":
      return affinity === "text" ? text : isInteger(text) ? BigInt(text) : Number(text);
    default:
      return text;
  }
}

/** That SQLite has as one: digits beyond 64 bits are a float there. */
function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
