import type { Remnant, Session } from "../engines/engine.ts";
import { readLedger } from "../run/ledger.ts";
import { dropStray, strayTables } from "../run/row-snapshot/stray-tables.ts";
import type { CopyProject } from "./project.ts";

/**
 * What is left in the target of jobs that did not end: copies that can go on, rows that were set aside, and what the
 * engine finds in its catalogue.
 */
export async function leftBehind({ target }: CopyProject, session: Session): Promise<Remnant[]> {
  const { engine } = target;
  const found: Remnant[] = [];
  const { version, unfinished } = await readLedger(engine, session, "copy");
  if (unfinished !== null) {
    found.push({
      what: "unfinished copy",
      name: unfinished.id,
      message: `it was begun at ${unfinished.startedAt} and has not ended: what it has made so far is not the whole`,
      remedy: `godwit copy SOURCE TARGET --resume ${unfinished.id}`,
    });
  }
  if (version !== null) found.push(...(await setAside(target, session, version)));
  for (const table of await strayTables(engine, session)) {
    found.push({
      what: "table of kept rows",
      name: table.name,
      message: "a run was killed before it kept rows in it, and given up",
      remedy: dropStray(engine, table),
    });
  }
  return [...found, ...(await engine.health.remnants(session))];
}

async function setAside(
  { engine }: CopyProject["target"],
  session: Session,
  version: number,
): Promise<Remnant[]> {
  // An older ledger has no such table.
  if (version < engine.store.scripts.length) return [];
  const table = engine.store.table("quarantine");
  const rows = await session.query(
    `SELECT run_id AS run, count(*) AS n FROM ${table} GROUP BY run_id ORDER BY run_id`,
  );
  return rows.map(({ run, n }) => ({
    what: "rows set aside",
    name: table,
    message: `${String(n)} rows that the target refused in the copy ${String(run)}`,
    remedy: `DELETE FROM ${table} WHERE run_id = '${String(run)}', when they were repaired`,
  }));
}
