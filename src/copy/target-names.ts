import { GodwitError } from "../core/error.ts";
import type { PortableTable, TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import { foldName } from "./fold-name.ts";
import type { Traits } from "../engines/engine.ts";

export interface NamingSides {
  /** The schema in which the source's tables stand when no other is named; "" where the database is the only one. */
  readonly sourceDefault: string;
  readonly targetDefault: string;
  readonly traits: Traits;
}

/** What rules make of a table's names; no schema is the one that the table would have without rules. */
export interface RuledNames {
  readonly schema: string | null;
  readonly name: string;
  readonly columns: readonly { readonly name: string }[];
}

/**
 * The target's name of each table, by the source's key. The source's default schema becomes the target's; another one
 * keeps its name, or, where the database is the only schema, stands before the table's: sales_orders. Throws GW7004
 * for two names that become one, and for a name that the target would cut or change.
 */
export function targetNames(
  tables: readonly PortableTable[],
  sides: NamingSides,
  ruled: ReadonlyMap<string, RuledNames> = new Map(),
): ReadonlyMap<string, TableName> {
  const names = new Map<string, TableName>();
  const taken = new Map<string, string>();
  for (const table of tables) {
    const given = ruled.get(tableKey(table));
    const name = targetName(table, sides, given);
    refuseUnfit(name.name, tableKey(table), sides.traits);
    const folded = foldName(sides.traits, tableKey(name));
    const other = taken.get(folded);
    if (other !== undefined) {
      throw new GodwitError("GW7004", {
        message: `${other} and ${tableKey(table)} would both become ${tableKey(name)}`,
        details: { tables: [other, tableKey(table)], name: tableKey(name) },
      });
    }
    taken.set(folded, tableKey(table));
    names.set(tableKey(table), name);
    refuseColumns(table, given?.columns ?? table.columns, sides.traits);
  }
  return names;
}

/** The target's name of a table, or of what is named like one. */
export function targetName(
  table: TableName,
  { sourceDefault, targetDefault }: Pick<NamingSides, "sourceDefault" | "targetDefault">,
  given?: RuledNames,
): TableName {
  const { name = table.name, schema = null } = given ?? {};
  const isDefault = table.schema === sourceDefault;
  if (targetDefault === "") {
    // Where the database is the only schema, the one that the source's default becomes has no name.
    return { schema: "", name: isDefault ? name : `${schema ?? table.schema}_${name}` };
  }
  return { schema: schema ?? (isDefault ? targetDefault : table.schema), name };
}

function refuseColumns(
  table: TableName,
  columns: readonly { readonly name: string }[],
  traits: Traits,
): void {
  const taken = new Map<string, string>();
  for (const { name } of columns) {
    refuseUnfit(name, `${tableKey(table)}.${name}`, traits);
    const folded = foldName(traits, name);
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

function refuseUnfit(name: string, what: string, traits: Traits): void {
  const why = traits.refusesName(name);
  if (why === null) return;
  throw new GodwitError("GW7004", {
    message: `the name of ${what} ${why}`,
    hint: "Give it another name by a rule.",
    details: { name },
  });
}
