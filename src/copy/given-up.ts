import { GodwitError } from "../core/error.ts";
import type { PortableSchema, TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement, SwappedTable } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { qualifiedTable } from "../engines/qualified-table.ts";
import { objectName } from "./objects/object-name.ts";
import type { CopyProject } from "./project.ts";

/** What a run has made, so that another one can begin anew in its place; kept with the run. */
export interface Made {
  readonly tables: readonly TableName[];
  /** Tables that a refresh has made beside others. */
  readonly beside: readonly SwappedTable[];
  /** Views, routines and the like, in the order in which they are made; those before the tables first. */
  readonly objects: readonly MadeObject[];
}

export interface MadeObject {
  readonly what: string;
  readonly name: string;
  readonly drop: string;
  /** Tables need it, so it goes after them. */
  readonly isBefore: boolean;
}

export const nothingMade: Made = { tables: [], beside: [], objects: [] };

/** What both have made: a run that was given up may not have dropped yet what the one before it made. */
export function madeByBoth(one: Made, other: Made): Made {
  const byName = <T>(list: readonly T[], nameOf: (item: T) => TableName) => [
    ...new Map(list.map((item) => [tableKey(nameOf(item)), item])).values(),
  ];
  return {
    tables: byName([...one.tables, ...other.tables], (table) => table),
    beside: byName([...one.beside, ...other.beside], ({ beside }) => beside),
    objects: [
      ...new Map(
        [...one.objects, ...other.objects].map((object) => [`${object.what} ${object.name}`, object]),
      ).values(),
    ],
  };
}

/** What was in the target before the run that is given up: what it made does not stand in the next one's way. */
export function schemaWithout(schema: PortableSchema, { tables, objects }: Made): PortableSchema {
  const gone = new Set(tables.map(tableKey));
  const names = new Set(objects.map(({ what, name }) => `${what} ${name}`));
  const stays = (what: string, object: TableName & { readonly table?: TableName | null }) =>
    !(object.table && gone.has(tableKey(object.table))) &&
    !names.has(`${what} ${objectName({ ...object, table: object.table ?? null })}`);
  return {
    tables: schema.tables.filter((table) => !gone.has(tableKey(table))),
    views: schema.views.filter((view) => stays("view", view)),
    sequences: schema.sequences.filter((sequence) => stays("sequence", sequence)),
    leftovers: schema.leftovers.filter((leftover) => stays(leftover.kind, leftover)),
  };
}

/**
 * The statements that take away what a run that is given up has made. Throws GW7004 where one of its tables holds
 * rows that no copy has written: then it is somebody else's, who made it before the run did.
 */
export async function discarded(
  { target: { engine, target } }: CopyProject,
  { tables, beside, objects }: Made,
  there: ReadonlySet<string>,
  session: Session,
): Promise<DdlStatement[]> {
  if (tables.length === 0 && beside.length === 0) return [];
  const drops = (isBefore: boolean) =>
    objects
      .filter((object) => object.isBefore === isBefore)
      .map(({ drop, what, name }): DdlStatement => ({ sql: drop, title: `drop ${what} ${name}` }))
      .toReversed();
  const present = tables.filter((table) => there.has(tableKey(table)));
  const chunks = await session.query(`SELECT DISTINCT table_name FROM ${engine.store.table("chunk")}`);
  const copied = new Set(chunks.map((row) => String(row.table_name)));
  for (const table of present.filter((each) => !copied.has(tableKey(each)))) {
    const rows = await session.query(`SELECT 1 AS one FROM ${qualifiedTable(engine.traits, table)} LIMIT 1`);
    if (rows.length === 0) continue;
    throw new GodwitError("GW7004", {
      message: `${tableKey(table)} of ${target.display} holds rows that no copy has written, so it is not dropped`,
      hint: "Nothing was changed. Move or drop the table, or copy without it: --exclude.",
      details: { tables: [tableKey(table)] },
    });
  }
  return [
    ...drops(false),
    ...engine.render.drop(present),
    ...drops(true),
    ...(beside.length === 0 ? [] : (engine.swap?.discard(beside) ?? [])),
  ];
}
