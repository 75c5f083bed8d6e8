import { GodwitError } from "../core/error.ts";
import type { PortableTable, RiskKind } from "../core/portable.ts";
import { lossName } from "./decide.ts";
import { acceptableLosses } from "./losses.ts";

/**
 * By its name, a loss that a copy was allowed: the values are then compared as they were copied. Throws GW1001 for a
 * name that no column has, which would be a loss that is looked for in vain.
 */
export function acceptedLosses(
  tables: readonly PortableTable[],
  allow: readonly string[],
): (table: PortableTable, column: string) => readonly RiskKind[] {
  const known = new Map<string, RiskKind>();
  const of = (table: PortableTable, column: string) =>
    [...acceptableLosses].filter((kind) => allow.includes(lossName(table, column, kind)));
  for (const table of allow.length === 0 ? [] : tables) {
    for (const { name } of table.columns) {
      for (const kind of of(table, name)) known.set(lossName(table, name, kind), kind);
    }
  }
  for (const name of allow) {
    // Of a key: it changes no value.
    if (known.has(name) || name.endsWith(":duplicate")) continue;
    throw new GodwitError("GW1001", {
      message: `no loss can be called ${name}`,
      hint: "Losses are named as `godwit copy --plan` names them: TABLE.COLUMN:KIND.",
      details: { loss: name, kinds: [...acceptableLosses] },
    });
  }
  return of;
}
