import type { Reference } from "../core/plan.ts";
import type { PortableSchema, TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement, SwappedTable } from "../engines/data-roles.ts";
import type { LedgerState } from "../run/ledger.ts";
import { referenceText } from "./kept-tables.ts";
import { objectName } from "./objects/object-name.ts";
import type { CopyProject } from "./project.ts";

/** What a run makes, so that another one can begin anew in its place; kept with the run. */
export interface Made {
  /** Runs that were given up before, of which something may be left; the oldest first. */
  readonly runs: readonly string[];
  readonly tables: readonly MadeTable[];
  /** Tables that a refresh has made beside others. */
  readonly beside: readonly SwappedTable[];
  /** Views, routines and the like, in the order in which they are made; those before the tables first. */
  readonly objects: readonly MadeObject[];
  /** Foreign keys of tables that were there, which it takes away while rows come. */
  readonly references: readonly Reference[];
}

interface OfRun {
  /** Which run makes it; not known before that run is given up. */
  readonly run?: string;
}

export interface MadeTable extends TableName, OfRun {
  readonly columns: readonly string[];
}

export interface MadeObject extends OfRun {
  readonly what: string;
  readonly name: string;
  readonly drop: string;
  /** Tables need it, so it goes after them. */
  readonly isBefore: boolean;
  /** The record of the step that makes it; more than one begin with it and a dot. */
  readonly key: string;
  /** Of a view. */
  readonly columns: readonly string[] | null;
}

export const nothingMade: Made = { runs: [], tables: [], beside: [], objects: [], references: [] };

/** What both have made: a run that was given up may not have dropped yet what the one before it made. */
export function madeByBoth(one: Made, other: Made): Made {
  const once = <T>(list: readonly T[], nameOf: (item: T) => string) => [
    ...new Map(list.map((item) => [nameOf(item), item])).values(),
  ];
  const own = ({ run = "" }: OfRun, name: string) => `${run} ${name}`;
  return {
    runs: [...new Set([...one.runs, ...other.runs])],
    tables: once([...one.tables, ...other.tables], (table) => own(table, tableKey(table))),
    beside: once([...one.beside, ...other.beside], ({ beside }) => tableKey(beside)),
    objects: once([...one.objects, ...other.objects], (object) =>
      own(object, `${object.what} ${object.name}`),
    ),
    references: once([...one.references, ...other.references], referenceText),
  };
}

/** What the run that is given up makes by its plan, and those that it was to take the place of. */
export function madeByGivenUp(state: LedgerState | null): Made {
  const run = state?.unfinished ?? null;
  if (run === null) return nothingMade;
  const { made } = run.intent as { readonly made?: Partial<Made> };
  const { runs, tables, beside, objects, references } = { ...nothingMade, ...made };
  const named = <T extends OfRun>(list: readonly T[]) => list.map((item) => ({ run: run.id, ...item }));
  return { runs: [...runs, run.id], tables: named(tables), beside, objects: named(objects), references };
}

/**
 * What was in the target before the run that is given up: what it made does not stand in the next one's way, and
 * foreign keys that it took away count as there.
 */
export function schemaBefore(schema: PortableSchema, { tables, objects, references }: Made): PortableSchema {
  const gone = new Set(tables.map(tableKey));
  const names = new Set(objects.map(({ what, name }) => `${what} ${name}`));
  const stays = (what: string, object: TableName & { readonly table?: TableName | null }) =>
    !(object.table && gone.has(tableKey(object.table))) &&
    !names.has(`${what} ${objectName({ ...object, table: object.table ?? null })}`);
  return {
    tables: schema.tables
      .filter((table) => !gone.has(tableKey(table)))
      .map((table) => {
        const own = references.filter((reference) => tableKey(reference.table) === tableKey(table));
        if (own.length === 0) return table;
        return Object.assign({}, table, {
          foreignKeys: [...table.foreignKeys, ...own.map(({ key }) => key)],
        });
      }),
    views: schema.views.filter((view) => stays("view", view)),
    sequences: schema.sequences.filter((sequence) => stays("sequence", sequence)),
    leftovers: schema.leftovers.filter((leftover) => stays(leftover.kind, leftover)),
  };
}

/** The statements that take away what is still there of what runs made that are given up. */
export function discarded(
  { target: { engine } }: CopyProject,
  { tables, beside, objects }: Made,
): DdlStatement[] {
  const drops = (isBefore: boolean) =>
    objects
      .filter((object) => object.isBefore === isBefore)
      .map(({ drop, what, name }): DdlStatement => ({ sql: drop, title: `drop ${what} ${name}` }))
      .toReversed();
  return [
    ...drops(false),
    ...(tables.length === 0 ? [] : engine.render.drop(tables)),
    ...drops(true),
    ...(beside.length === 0 ? [] : (engine.swap?.discard(beside) ?? [])),
  ];
}
