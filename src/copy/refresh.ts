import { GodwitError } from "../core/error.ts";
import type { PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { SwapRole } from "../engines/data-roles.ts";
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

/**
 * Looks at the tables whose places are taken: throws GW7004 where something hangs on them that would be broken or
 * lost; returns what they have and the new ones have not, for the plan to tell.
 */
export async function tablesToReplace(
  project: CopyProject,
  survey: Survey,
  session: Session,
): Promise<{ readonly there: ReadonlySet<string>; readonly lost: readonly string[] }> {
  const { engine, target } = project.target;
  const { tables } = await engine.normalize.schema(session);
  const byName = new Map(tables.map((table) => [fold(tableKey(table)), table]));
  const found = survey.tables.map(({ target: beside, placed }) => {
    const old = byName.get(fold(tableKey(placed)));
    return { beside, name: placed, old, isThere: old !== undefined };
  });
  const obstacles = await swapRole(project).obstacles(session, found);
  if (obstacles.length > 0) {
    throw new GodwitError("GW7004", {
      message: `tables of ${target.display} cannot be swapped: ${obstacles.join("; ")}`,
      hint: "Nothing was changed. Drop what is named and make it again afterwards, or choose --mode truncate, which keeps the tables.",
      details: { obstacles },
    });
  }
  return {
    there: new Set(found.filter(({ isThere }) => isThere).map(({ name }) => tableKey(name))),
    lost: found.flatMap(({ old, name }) => (old === undefined ? [] : lostParts(old, name))),
  };

  function fold(name: string): string {
    return engine.traits.distinguishesCase ? name : name.toLowerCase();
  }
}

/** Columns, keys and indexes that somebody gave the target's table, and that go with it. */
function lostParts(old: PortableTable, next: PortableTable): string[] {
  const names = new Set(next.columns.map(({ name }) => name.toLowerCase()));
  const kept = new Set([
    ...[next.primaryKey, ...next.uniques].flatMap((key) => (key === null ? [] : [key.columns.join()])),
    ...next.indexes.map(({ parts }) => parts.map(({ text }) => text).join()),
  ]);
  const table = tableKey(old);
  return [
    ...old.columns
      .filter(({ name }) => !names.has(name.toLowerCase()))
      .map(
        ({ name }) => `column ${name} of ${table}: only the target has it, and it goes with the old table`,
      ),
    ...[
      ...old.uniques.map(({ name, columns }) => ({ name, on: columns.join() })),
      ...old.indexes.map(({ name, parts }) => ({ name, on: parts.map(({ text }) => text).join() })),
    ]
      .filter(({ on }) => !kept.has(on))
      .map(({ name }) => `index ${name} of ${table}: only the target has it, and it goes with the old table`),
  ];
}
