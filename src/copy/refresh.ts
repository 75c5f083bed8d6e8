import { GodwitError } from "../core/error.ts";
import type { PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { SwappedTable, SwapRole } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import type { CopyProject } from "./project.ts";
import type { Survey } from "./survey.ts";

/** How the target swaps tables. Throws GW7006 where it can't. */
export function swapRole({ target }: CopyProject): SwapRole {
  const { swap, traits } = target.engine;
  if (swap !== undefined) return swap;
  throw new GodwitError("GW7006", {
    message: `${traits.title} cannot refresh tables; truncate them instead`,
  });
}

/** The tables that are to be swapped; `there` has those whose places are taken, by name. */
export function swappedTables({ tables }: Survey, there: ReadonlyMap<string, unknown>): SwappedTable[] {
  return tables.map(({ target, placed }) => ({
    beside: { schema: target.schema, name: target.name },
    name: { schema: placed.schema, name: placed.name },
    isThere: there.has(tableKey(placed)),
  }));
}

/** Throws GW7004 where something hangs on the tables that would be broken or lost. */
export async function refuseObstacles(
  project: CopyProject,
  survey: Survey,
  there: ReadonlyMap<string, PortableTable>,
  session: Session,
): Promise<void> {
  const obstacles = await swapRole(project).obstacles(session, swappedTables(survey, there));
  if (obstacles.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `tables of ${project.target.target.display} cannot be swapped: ${obstacles.join("; ")}`,
    hint: "Nothing was changed. Drop what is named and make it again afterwards, or choose --mode truncate, which keeps the tables.",
    details: { obstacles },
  });
}

/** Throws GW7004 where the room for new tables is taken. */
export async function refuseLeftovers(
  project: CopyProject,
  survey: Survey,
  there: ReadonlyMap<string, PortableTable>,
  session: Session,
): Promise<void> {
  const leftovers = await swapRole(project).leftovers(session, swappedTables(survey, there));
  if (leftovers.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `an earlier refresh has left in ${project.target.target.display}: ${leftovers.join("; ")}`,
    hint: "Nothing was changed. Drop what is named: it holds copies alone.",
    details: { leftovers },
  });
}

/** Columns, keys and indexes that somebody gave the target's table, and that go with it. */
export function lostParts(old: PortableTable | undefined, next: PortableTable): string[] {
  if (old === undefined) return [];
  const names = new Set(next.columns.map(({ name }) => name.toLowerCase()));
  const kept = new Set([
    ...[next.primaryKey, ...next.uniques].flatMap((key) => (key === null ? [] : [key.columns.join()])),
    ...next.indexes.map(({ parts }) => parts.map(({ text }) => text).join()),
  ]);
  const table = tableKey(old);
  const lost = (what: string) =>
    `${what} of ${table}: only the target has it, and it goes with the old table`;
  const keys = [
    ...old.uniques.map(({ name, columns }) => ({ name, on: columns.join() })),
    ...old.indexes.map(({ name, parts }) => ({ name, on: parts.map(({ text }) => text).join() })),
  ];
  return [
    ...old.columns
      .filter(({ name }) => !names.has(name.toLowerCase()))
      .map(({ name }) => lost(`column ${name}`)),
    ...keys.filter(({ on }) => !kept.has(on)).map(({ name }) => lost(`index ${name}`)),
  ];
}
