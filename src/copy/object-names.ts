import type { TargetTable } from "../engines/data-roles.ts";
import type { Traits } from "../engines/engine.ts";

/**
 * The tables with the names under which the target makes their keys, indexes, checks and references. Where a schema
 * has such a name once and the source's engine keeps it by table, or the other way round, names are made of the
 * table's and their own; within one engine they stay, since statements may use them. What is still taken is numbered.
 */
export function withObjectNames(
  tables: readonly TargetTable[],
  traits: Traits,
  sameEngine: boolean,
): TargetTable[] {
  const { indexes: sharesIndexes, constraints: sharesConstraints } = traits.sharedNames;
  // Indexes have their names beside the tables'.
  const relations = new Set(tables.map((table) => place(table, table.name)));
  const constraints = new Set<string>();
  return tables.map((table) => {
    const name = (given: string, taken: Set<string> | null): string => {
      const base =
        taken === null || sameEngine || given.startsWith(`${table.name}_`) ? given : `${table.name}_${given}`;
      let free = traits.fitName(base);
      for (let n = 2; taken?.has(place(table, free)) === true; n++) free = traits.fitName(`${base}_${n}`);
      taken?.add(place(table, free));
      return free;
    };
    const index = <T extends { readonly name: string }>(named: T): T => ({
      ...named,
      name: name(named.name, sharesIndexes ? relations : null),
    });
    const constraint = <T extends { readonly name: string }>(named: T): T => ({
      ...named,
      name: name(named.name, sharesConstraints ? constraints : null),
    });
    return {
      ...table,
      primaryKey: table.primaryKey === null ? null : index(table.primaryKey),
      uniques: table.uniques.map(index),
      indexes: table.indexes.map(index),
      checks: table.checks.map(constraint),
      foreignKeys: table.foreignKeys.map(constraint),
    };
  });
}

/** Folded, since two names that differ in case are one where it does not count, and two elsewhere all the same. */
function place({ schema }: TargetTable, name: string): string {
  return JSON.stringify([schema, name.toLowerCase()]);
}
