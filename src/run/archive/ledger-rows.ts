import type { Engine, Session } from "../../engines/engine.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import type { ArchivedLedger } from "./manifest.ts";

/**
 * What of the ledger is the database's and not a run's: which migrations it has had, and how far copies into it came. A
 * restored database goes on from there. Runs, approvals and other backups stay where they happened.
 */
const kept = {
  migration:
    "seq version name kind action raw_hash sql_hash source run_id epoch actor tool applied_at duration_ms prev_hash row_hash",
  watermark: "source_hash table_name column_name value run_id recorded_at",
} as const;

export async function readLedgerRows(engine: Engine, session: Session): Promise<ArchivedLedger[]> {
  const version = await engine.store.version(session);
  if (version === null) return [];
  const found: ArchivedLedger[] = [];
  for (const table of ["migration", "watermark"] as const) {
    // A ledger that is older than the watermarks.
    if (table === "watermark" && version < 2) continue;
    const columns = kept[table].split(" ");
    const rows = await session.query(
      `SELECT ${columns.join(", ")} FROM ${engine.store.table(table)} ORDER BY ${columns[0]}`,
    );
    if (rows.length === 0) continue;
    found.push({
      table,
      columns,
      rows: rows.map((row) =>
        columns.map((name) => {
          const value = row[name];
          return value === null || value === undefined
            ? null
            : typeof value === "number"
              ? value
              : String(value);
        }),
      ),
    });
  }
  return found;
}

/** Inside a transaction: in place of what is there. */
export async function writeLedgerRows(
  engine: Engine,
  session: Session,
  ledger: readonly ArchivedLedger[],
): Promise<void> {
  for (const table of ["migration", "watermark"] as const) {
    await session.execute(`DELETE FROM ${engine.store.table(table)}`);
    const { columns = [], rows = [] } = ledger.find((one) => one.table === table) ?? {};
    const known = new Set<string>(kept[table].split(" "));
    const places = columns.flatMap((name, place) => (known.has(name) ? [place] : []));
    for (const row of rows) {
      await session.run(
        withPlaceholders(
          engine.traits,
          `INSERT INTO ${engine.store.table(table)} (${places.map((place) => columns[place]).join(", ")})
            VALUES (${places.map(() => "?").join(", ")})`,
        ),
        places.map((place) => row[place] ?? null),
      );
    }
  }
}
