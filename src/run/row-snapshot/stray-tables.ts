import type { TableName } from "../../core/portable.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { readLedger } from "../ledger.ts";
import { qualified, readRowSnapshots, type RowSnapshot } from "./kept-rows.ts";

/** Of the ledger, since when it has artifacts. */
const firstVersion = 3;

/** The snapshots that were not dropped, the oldest first; a ledger that is older than snapshots has none. */
export async function presentSnapshots(engine: Engine, session: Session): Promise<RowSnapshot[]> {
  const { version } = await readLedger(engine, session);
  if (version === null || version < firstVersion) return [];
  return (await readRowSnapshots(engine, session)).filter(({ state }) => state !== "dropped");
}

/** Tables that were made for kept rows, and are no snapshot of the ledger's: their run was killed and given up. */
export async function strayTables(engine: Engine, session: Session): Promise<readonly TableName[]> {
  const made = (await engine.rowSnapshot?.made(session)) ?? [];
  if (made.length === 0) return [];
  const nameOf = (table: TableName) => `${table.schema} ${table.name}`;
  const known = new Set(
    (await presentSnapshots(engine, session)).flatMap(({ before, after }) =>
      [before, ...(after === null ? [] : [after])].map(nameOf),
    ),
  );
  return made.filter((table) => !known.has(nameOf(table)));
}

export function dropStray(engine: Engine, table: TableName): string {
  return `DROP TABLE ${qualified(engine, table)}`;
}
