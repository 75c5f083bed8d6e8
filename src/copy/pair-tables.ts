import type { CopyColumn, CopyTable } from "../core/plan.ts";
import type { PortableColumn, PortableSchema, PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import { keyOf } from "./decide.ts";
import type { CopyProject } from "./project.ts";
import { targetNames } from "./target-names.ts";

export interface PairedTable {
  readonly table: CopyTable;
  /** Columns that one side has and the other has not. */
  readonly problems: readonly string[];
}

export interface Pairing {
  readonly pairs: readonly PairedTable[];
  /** Tables of the source that the target lacks. */
  readonly missing: readonly string[];
}

/** Finds to each table of the source the one of the target that holds its copy, and to each column its twin. */
export function pairTables(
  project: CopyProject,
  tables: readonly PortableTable[],
  target: PortableSchema,
  only: readonly string[] | undefined,
): Pairing {
  const { traits, render } = project.target.engine;
  const fold = (name: string) => (traits.distinguishesCase ? name : name.toLowerCase());
  const names = targetNames(tables, {
    sourceDefault: project.source.engine.render?.defaultSchema ?? "",
    targetDefault: render.defaultSchema,
    traits,
  });
  const there = new Map(target.tables.map((table) => [fold(tableKey(table)), table]));
  const missing: string[] = [];
  const pairs: PairedTable[] = [];
  for (const table of tables) {
    const name = names.get(tableKey(table))!;
    const twin = there.get(fold(tableKey(name)));
    if (twin === undefined) missing.push(tableKey(table));
    else pairs.push(pairColumns(table, twin, only, fold));
  }
  return { pairs, missing };
}

function pairColumns(
  source: PortableTable,
  target: PortableTable,
  only: readonly string[] | undefined,
  fold: (name: string) => string,
): PairedTable {
  const twins = new Map(target.columns.map((column) => [fold(column.name), column]));
  const wanted = (column: PortableColumn) => only === undefined || only.includes(column.name);
  const problems: string[] = [];
  const columns: CopyColumn[] = [];
  for (const column of source.columns) {
    const twin = twins.get(fold(column.name));
    twins.delete(fold(column.name));
    if (!wanted(column)) continue;
    if (twin === undefined) problems.push(`${tableKey(target)} has no column ${column.name}`);
    else {
      const { name, type, declared } = twin;
      columns.push({
        source: column.name,
        value: null,
        from: column.type,
        target: name,
        to: type,
        sql: declared,
      });
    }
  }
  for (const extra of twins.values()) {
    if (wanted(extra)) problems.push(`${tableKey(source)} has no column ${extra.name}`);
  }
  const key = keyOf(source);
  // Without the key's columns rows are told apart by what they hold.
  const hasKey = key.every(({ name }) => columns.some((column) => column.source === name));
  return {
    problems,
    table: {
      source: { schema: source.schema, name: source.name },
      target: { schema: target.schema, name: target.name },
      columns,
      key: hasKey ? key : [],
      where: null,
      estimate: source.estimate,
      native: false,
      upsertBy: null,
    },
  };
}
