import { GodwitError } from "../core/error.ts";
import type { TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement, SwappedTable } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { qualifiedTable } from "../engines/qualified-table.ts";
import type { CopyProject } from "./project.ts";

/** What a run has made, so that another one can begin anew in its place; kept with the run. */
export interface Made {
  readonly tables: readonly TableName[];
  /** Tables that a refresh has made beside others. */
  readonly beside: readonly SwappedTable[];
}

export const nothingMade: Made = { tables: [], beside: [] };

/** What both have made: a run that was given up may not have dropped yet what the one before it made. */
export function madeByBoth(one: Made, other: Made): Made {
  const byName = <T>(list: readonly T[], nameOf: (item: T) => TableName) => [
    ...new Map(list.map((item) => [tableKey(nameOf(item)), item])).values(),
  ];
  return {
    tables: byName([...one.tables, ...other.tables], (table) => table),
    beside: byName([...one.beside, ...other.beside], ({ beside }) => beside),
  };
}

/**
 * The statements that take away what a run that is given up has made. Throws GW7004 where one of its tables holds
 * rows that no copy has written: then it is somebody else's, who made it before the run did.
 */
export async function discarded(
  { target: { engine, target } }: CopyProject,
  { tables, beside }: Made,
  there: ReadonlySet<string>,
  session: Session,
): Promise<DdlStatement[]> {
  if (tables.length === 0 && beside.length === 0) return [];
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
    ...engine.render.drop(present),
    ...(beside.length === 0 ? [] : (engine.swap?.discard(beside) ?? [])),
  ];
}
