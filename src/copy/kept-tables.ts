import type { Reference } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { PortableTable } from "../core/portable.ts";
import type { DdlStatement, TargetTable } from "../engines/data-roles.ts";
import { type CopyChoice, type CopyProject, makesTables } from "./project.ts";
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
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  state: TargetState,
): KeptTables {
  const { mode = "create" } = choice;
  const { render } = project.target.engine;
  const copied = new Map([...state.tables].map(([name, table]) => [tableKey(table), name]));
  const counters = survey.tables.flatMap(({ target }) => render.counters(withOwnCounters(target, state)));
  const none = { before: [], after: [], counters, parents: new Map<string, string[]>(), unchecked: [] };
  if (render.references === undefined) return { ...none, unchecked: state.references };
  if (mode === "upsert" || mode === "incremental")
    return { ...none, parents: parentsOf(referencesAmong(state), copied) };
  const away = referencesAway(project, choice, state);
  return {
    ...none,
    before: changed(project, away, [...state.tables.values()]).flatMap(({ drop }) => drop),
    after: madeAgain(project, away, [...state.tables.values()]),
  };
}

/** The references that a copy takes away while rows come. */
export function referencesAway(
  { target: { engine } }: CopyProject,
  choice: CopyChoice,
  state: TargetState,
): readonly Reference[] {
  const { mode = "create" } = choice;
  const stay = engine.render.references === undefined || mode === "upsert" || mode === "incremental";
  return stay || makesTables(choice) ? [] : referencesAmong(state);
}

/** The statements that make references again, and validate them. */
export function madeAgain(
  project: CopyProject,
  references: readonly Reference[],
  tables: readonly PortableTable[],
): DdlStatement[] {
  return changed(project, references, tables).flatMap(({ add }) => add);
}

/** For people, and no two have one. */
export function referenceText({ table, key }: Reference): string {
  return `${key.name} of ${tableKey(table)}`;
}

function referencesAmong({ tables, references }: TargetState): readonly Reference[] {
  const copied = new Set([...tables.values()].map(tableKey));
  return references.filter(({ key }) => copied.has(tableKey(key.references)));
}

function changed(
  { target: { engine } }: CopyProject,
  references: readonly Reference[],
  tables: readonly PortableTable[],
) {
  return [...Map.groupBy(references, ({ table }) => tableKey(table))].flatMap(([name, own]) => {
    const table = tables.find((each) => tableKey(each) === name);
    const keys = own.map(({ key }) => key);
    return table === undefined ? [] : (engine.render.references?.(table, keys) ?? []);
  });
}

/** Counters that the target's table has, at the source's next value. */
function withOwnCounters(table: TargetTable, { tables }: TargetState): TargetTable {
  const there = tables.get(tableKey(table));
  const counts = (name: string) =>
    there?.columns.some((column) => column.name === name && (column.identity?.next ?? null) !== null) ===
    true;
  // What the source says of itself in its own words is not what stands here.
  const { own: _, ...plain } = table;
  return {
    ...plain,
    ...(there?.own === undefined ? {} : { own: there.own }),
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
