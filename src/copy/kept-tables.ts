import type { Reference } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement, TargetTable } from "../engines/data-roles.ts";
import type { CopyChoice, CopyProject } from "./project.ts";
import type { Survey } from "./survey.ts";
import type { TargetState } from "./target-state.ts";

/** What a copy into tables that are there does about their references and counters. */
export interface KeptTables {
  /** References among the copied tables, taken away while rows come in any order, and made and validated again. */
  readonly before: readonly DdlStatement[];
  readonly after: readonly DdlStatement[];
  readonly counters: readonly DdlStatement[];
  /** Where references stay: the tables whose rows must be in before those of a table, by its name. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** References that the server did not look at meanwhile. */
  readonly unchecked: readonly Reference[];
}

/**
 * Where all rows are new, references are taken away and made again: rows come in any order, and are checked at once.
 * A table that is written to by others keeps them, and its rows come after those that they refer to.
 */
export function keptTables(
  { target: { engine } }: CopyProject,
  { mode = "create" }: CopyChoice,
  survey: Survey,
  state: TargetState,
): KeptTables {
  const { render } = engine;
  const copied = new Map([...state.tables].map(([name, table]) => [tableKey(table), name]));
  const among = state.references.filter(({ key }) => copied.has(tableKey(key.references)));
  const counters = survey.tables.flatMap(({ target }) => render.counters(withOwnCounters(target, state)));
  const none = { before: [], after: [], counters, parents: new Map<string, string[]>(), unchecked: [] };
  if (render.references === undefined) return { ...none, unchecked: state.references };
  if (mode === "upsert" || mode === "incremental") return { ...none, parents: parentsOf(among, copied) };
  const changes = [...Map.groupBy(among, ({ table }) => tableKey(table)).values()].map((own) =>
    render.references!(
      state.tables.get(copied.get(tableKey(own[0]!.table))!)!,
      own.map(({ key }) => key),
    ),
  );
  return {
    ...none,
    before: changes.flatMap(({ drop }) => drop),
    after: changes.flatMap(({ add }) => add),
  };
}

/** Counters that the target's table has, at the source's next value. */
function withOwnCounters(table: TargetTable, { tables }: TargetState): TargetTable {
  const own = tables.get(tableKey(table));
  const counts = (name: string) =>
    own?.columns.some((column) => column.name === name && (column.identity?.next ?? null) !== null) === true;
  return {
    ...table,
    columns: table.columns.map((column) => (counts(column.name) ? column : { ...column, identity: null })),
  };
}

/** The nearest parents of each table; a reference that would close a circle is left out, and may refuse a row. */
function parentsOf(
  references: readonly Reference[],
  copied: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  const leadsTo = (from: string, to: string): boolean =>
    from === to || (parents.get(from) ?? []).some((parent) => leadsTo(parent, to));
  for (const { table, key } of references) {
    const [child, parent] = [table, key.references].map((each) => copied.get(tableKey(each))!) as [
      string,
      string,
    ];
    if (leadsTo(parent, child)) continue;
    parents.set(child, [...(parents.get(child) ?? []), parent]);
  }
  return parents;
}
