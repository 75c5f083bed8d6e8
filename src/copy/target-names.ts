import { GodwitError } from "../core/error.ts";
import type { PortableTable, TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { Traits } from "../engines/engine.ts";

export interface NamingSides {
  /** The schema in which the source's tables stand when no other is named; "" where the database is the only one. */
  readonly sourceDefault: string;
  readonly targetDefault: string;
  readonly traits: Traits;
}

/**
 * The target's name of each table, by the source's key. The source's default schema becomes the target's; another one
 * keeps its name, or, where the database is the only schema, stands before the table's: sales_orders. Throws GW7004
 * for two names that become one, and for a name that the target would cut.
 */
export function targetNames(
  tables: readonly PortableTable[],
  sides: NamingSides,
): ReadonlyMap<string, TableName> {
  const names = new Map<string, TableName>();
  const taken = new Map<string, string>();
  for (const table of tables) {
    const name = nameOf(table, sides);
    refuseLong(name.name, tableKey(table), sides.traits);
    const folded = fold(tableKey(name), sides.traits);
    const other = taken.get(folded);
    if (other !== undefined) {
      throw new GodwitError("GW7004", {
        message: `${other} and ${tableKey(table)} would both become ${tableKey(name)}`,
        details: { tables: [other, tableKey(table)], name: tableKey(name) },
      });
    }
    taken.set(folded, tableKey(table));
    names.set(tableKey(table), name);
    refuseColumns(table, sides.traits);
  }
  return names;
}

function nameOf(table: TableName, { sourceDefault, targetDefault }: NamingSides): TableName {
  if (table.schema === sourceDefault) return { schema: targetDefault, name: table.name };
  if (targetDefault === "") return { schema: "", name: `${table.schema}_${table.name}` };
  return { schema: table.schema, name: table.name };
}

function refuseColumns(table: PortableTable, traits: Traits): void {
  const taken = new Map<string, string>();
  for (const { name } of table.columns) {
    refuseLong(name, `${tableKey(table)}.${name}`, traits);
    const folded = fold(name, traits);
    const other = taken.get(folded);
    if (other !== undefined) {
      throw new GodwitError("GW7004", {
        message: `${traits.title} takes the columns ${other} and ${name} of ${tableKey(table)} for one`,
        details: { table: tableKey(table), columns: [other, name] },
      });
    }
    taken.set(folded, name);
  }
}

function refuseLong(name: string, what: string, traits: Traits): void {
  if (Buffer.byteLength(name) <= traits.identifierBytes) return;
  throw new GodwitError("GW7004", {
    message: `the name of ${what} is longer than the ${traits.identifierBytes} bytes that ${traits.title} takes`,
    hint: "Give it another name by a rule.",
    details: { name },
  });
}

function fold(name: string, traits: Traits): string {
  return traits.distinguishesCase ? name : name.toLowerCase();
}
