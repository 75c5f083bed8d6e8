import { digest } from "../core/canonical.ts";
import type { Watermark } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import type { Engine, Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { Clock } from "./clock.ts";

/** The first version of the ledger that keeps watermarks. */
const sinceVersion = 2;

/** How far the tables were copied from that source, by the target's name; none where there is no ledger yet. */
export async function readWatermarks(
  engine: Engine,
  session: Session,
  source: Target,
): Promise<ReadonlyMap<string, Watermark>> {
  const version = await engine.store.version(session);
  if (version === null || version < sinceVersion) return new Map();
  const rows = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT table_name, column_name, value FROM ${engine.store.table("watermark")} WHERE source_hash = ?`,
    ),
    [hashOf(source)],
  );
  return new Map(
    rows.map((row) => {
      const table = String(row.table_name);
      return [table, { table, column: String(row.column_name), value: String(row.value) }];
    }),
  );
}

export interface WatermarkWriter {
  readonly engine: Engine;
  readonly session: Session;
  readonly clock: Clock;
  readonly runId: string;
  readonly source: Target;
}

/** Writes watermarks in place of those that stand there, inside a transaction. */
export async function recordWatermarks(
  { engine, session, clock, runId, source }: WatermarkWriter,
  watermarks: readonly Watermark[],
): Promise<void> {
  const hash = hashOf(source);
  const table = engine.store.table("watermark");
  const run = (sql: string, values: readonly string[]) =>
    session.run(withPlaceholders(engine.traits, sql), [...values]);
  for (const { table: name, column, value } of watermarks) {
    await run(`DELETE FROM ${table} WHERE source_hash = ? AND table_name = ?`, [hash, name]);
    await run(
      `INSERT INTO ${table} (source_hash, table_name, column_name, value, run_id, recorded_at)
        VALUES (?, ?, ?, ?, ?, ?)`,
      [hash, name, column, value, runId, clock.now()],
    );
  }
}

/** Two sources that are written alike are one; the password is no part of it. */
function hashOf({ display }: Target): string {
  return digest(display);
}
