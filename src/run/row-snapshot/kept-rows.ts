import { GodwitError } from "../../core/error.ts";
import type { RowChange } from "../../core/plan.ts";
import type { TableName } from "../../core/portable.ts";
import type { Engine, Row, Session } from "../../engines/engine.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import type { KeptColumn, RowSnapshotRole } from "../../engines/row-snapshot-role.ts";

/** What the ledger keeps of a snapshot of rows. */
export interface KeptRows {
  /** Of the migration. */
  readonly unit: string;
  readonly unitTitle: string;
  /** The statement, by the number of its line. */
  readonly line: number;
  readonly action: RowChange["action"];
  readonly table: TableName;
  readonly before: TableName;
  readonly after: TableName | null;
  readonly key: readonly string[];
  readonly columns: readonly KeptColumn[];
  readonly rows: number;
  readonly bytes: number;
}

export interface RowSnapshot extends KeptRows {
  readonly id: string;
  readonly runId: string;
  readonly state: RowSnapshotState;
  readonly createdAt: string;
}

export type RowSnapshotState = "kept" | "restored" | "dropped";

export const rowSnapshotKind = "row-snapshot";

/** All that the ledger knows, the oldest first. */
export async function readRowSnapshots(engine: Engine, session: Session): Promise<RowSnapshot[]> {
  const found = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT id, run_id, state, body, created_at FROM ${engine.store.table("artifact")} WHERE kind = ?
        ORDER BY created_at, id`,
    ),
    [rowSnapshotKind],
  );
  return found.map(toSnapshot);
}

function toSnapshot(row: Row): RowSnapshot {
  const body = JSON.parse(String(row.body)) as KeptRows;
  return {
    ...body,
    id: String(row.id),
    runId: String(row.run_id),
    state: row.state as RowSnapshotState,
    createdAt: String(row.created_at),
  };
}

export function roleOf(engine: Engine): RowSnapshotRole {
  if (engine.rowSnapshot !== undefined) return engine.rowSnapshot;
  throw new GodwitError("GW8301", { message: `${engine.traits.title} cannot keep rows` });
}

/** Qualified as the engine writes it. */
export function qualified({ traits }: Engine, { schema, name }: TableName): string {
  return schema === "" ? traits.quote(name) : `${traits.quote(schema)}.${traits.quote(name)}`;
}

/** For people. */
export function tableTitle({ schema, name }: TableName): string {
  return schema === "" ? name : `${schema}.${name}`;
}

/** Condition: a row of the one table is the same row as one of the other. */
export function sameKey({ traits }: Engine, key: readonly string[], left: string, right: string): string {
  return key.map((name) => `${left}.${traits.quote(name)} = ${right}.${traits.quote(name)}`).join(" AND ");
}

export async function countOf(session: Session, sql: string): Promise<number> {
  const [row] = await session.query(sql);
  return Number(row?.n ?? 0);
}
