import { GodwitError } from "../core/error.ts";
import type { Range } from "../engines/data-roles.ts";
import type { Engine, Session, Value } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { Clock } from "./clock.ts";

/** A part of a table's copy. Done ones were committed together with their rows. */
export interface ChunkRecord {
  readonly table: string;
  readonly ordinal: number;
  readonly range: Range;
  /** The token of the snapshot that it was cut in, or, once done, that its rows are of. */
  readonly snapshot: string;
  readonly state: "planned" | "done";
  readonly rows: bigint;
  readonly bytes: bigint;
  /** Of its rows as they were read; null where that says nothing about what the target has. */
  readonly rowSum: bigint | null;
}

/** What the chunks of a table have copied together. */
export interface ReadRows {
  readonly rows: bigint;
  readonly rowSum: bigint;
}

/** A row that the target refused, set aside. */
export interface RefusedRow {
  /** The key's values; [] where the table has none. */
  readonly key: readonly string[];
  readonly column: string | null;
  readonly reason: string;
  /** The whole row as COPY text; of a very long one its beginning. */
  readonly text: string;
}

export interface ChunkLedgerOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly runId: string;
  readonly epoch: number;
  readonly stepKey: string;
}

/** Rows of one INSERT: a statement of some kilobytes, whatever the number of chunks. */
const rowsAtOnce = 100;

/**
 * The ledger of the chunks of one step. How a table is cut is written before its first chunk is copied, so that a
 * resumed run copies the very same parts; and each chunk's row becomes `done` in the transaction that has its rows.
 */
export class ChunkLedger {
  readonly #options: ChunkLedgerOptions;

  constructor(options: ChunkLedgerOptions) {
    this.#options = options;
  }

  async read(session: Session): Promise<ChunkRecord[]> {
    const rows = await session.query(
      this.#sql(
        `SELECT table_name, ordinal, part, snapshot, state, row_count, byte_count, row_sum FROM ${this.#table("chunk")}
          WHERE run_id = ? AND step_key = ? ORDER BY table_name, ordinal`,
      ),
      [this.#options.runId, this.#options.stepKey],
    );
    return rows.map((row) => ({
      table: String(row.table_name),
      ordinal: Number(row.ordinal),
      range: JSON.parse(String(row.part)) as Range,
      snapshot: String(row.snapshot),
      state: row.state as ChunkRecord["state"],
      rows: BigInt(String(row.row_count ?? 0)),
      bytes: BigInt(String(row.byte_count ?? 0)),
      rowSum: row.row_sum === null ? null : BigInt(String(row.row_sum)),
    }));
  }

  /** Of the run's tables whose chunks are all done, and each with a sum, in whatever step. */
  async readRows(session: Session): Promise<ReadonlyMap<string, ReadRows>> {
    const rows = await session.query(
      this.#sql(`SELECT table_name, row_count, row_sum FROM ${this.#table("chunk")} WHERE run_id = ?`),
      [this.#options.runId],
    );
    const found = new Map<string, ReadRows | null>();
    for (const row of rows) {
      const name = String(row.table_name);
      const before = found.get(name) ?? { rows: 0n, rowSum: 0n };
      // Without rows that are counted, a chunk is not done.
      const isWhole = found.get(name) !== null && row.row_sum !== null && row.row_count !== null;
      const added = {
        rows: before.rows + BigInt(String(row.row_count ?? 0)),
        rowSum: before.rowSum + BigInt(String(row.row_sum ?? 0)),
      };
      found.set(name, isWhole ? added : null);
    }
    return new Map([...found].flatMap(([name, read]) => (read === null ? [] : [[name, read] as const])));
  }

  /** Writes how a table is cut, in place of what stood there; the caller's transaction, if it has one, commits it. */
  async plan(session: Session, table: string, ranges: readonly Range[], snapshot: string): Promise<void> {
    const { runId, epoch, stepKey } = this.#options;
    await session.run(
      this.#sql(`DELETE FROM ${this.#table("chunk")} WHERE run_id = ? AND step_key = ? AND table_name = ?`),
      [runId, stepKey, table],
    );
    await session.run(
      this.#sql(
        `DELETE FROM ${this.#table("quarantine")} WHERE run_id = ? AND step_key = ? AND table_name = ?`,
      ),
      [runId, stepKey, table],
    );
    for (let first = 0; first < ranges.length; first += rowsAtOnce) {
      const part = ranges.slice(first, first + rowsAtOnce);
      const values: Value[] = part.flatMap((range, n) => [
        runId,
        stepKey,
        table,
        first + n,
        JSON.stringify(range),
        snapshot,
        epoch,
      ]);
      const tuples = part.map(() => "(?, ?, ?, ?, ?, ?, ?, 'planned')").join(", ");
      await session.run(
        this.#sql(
          `INSERT INTO ${this.#table("chunk")} (run_id, step_key, table_name, ordinal, part, snapshot, epoch, state)
            VALUES ${tuples}`,
        ),
        values,
      );
    }
  }

  /**
   * Marks a chunk as done, inside the transaction that has its rows. The run's row is locked until the commit, so a
   * run that was taken over can't commit a chunk behind the back of its successor. Throws GW4003.
   */
  async finish(session: Session, chunk: ChunkRecord, took: number): Promise<void> {
    const { runId, epoch, stepKey, clock } = this.#options;
    await this.#hold(session);
    const changed = await session.run(
      this.#sql(
        `UPDATE ${this.#table("chunk")} SET state = 'done', epoch = ?, snapshot = ?, row_count = ?, byte_count = ?,
           row_sum = ?, duration_ms = ?, finished_at = ?
          WHERE run_id = ? AND step_key = ? AND table_name = ? AND ordinal = ? AND state = 'planned'`,
      ),
      [
        epoch,
        chunk.snapshot,
        chunk.rows,
        chunk.bytes,
        chunk.rowSum === null ? null : String(chunk.rowSum),
        Math.round(took),
        clock.now(),
        runId,
        stepKey,
        chunk.table,
        chunk.ordinal,
      ],
    );
    if (changed !== 1) throw this.#replaced();
  }

  /** Marks a chunk that was done as not copied, inside the transaction that deletes its rows. Throws GW4003. */
  async reopen(session: Session, { table, ordinal }: ChunkRecord): Promise<void> {
    const { runId, epoch, stepKey } = this.#options;
    await this.#hold(session);
    const place = [runId, stepKey, table, ordinal];
    const where = "run_id = ? AND step_key = ? AND table_name = ? AND ordinal = ?";
    await session.run(this.#sql(`DELETE FROM ${this.#table("quarantine")} WHERE ${where}`), place);
    const changed = await session.run(
      this.#sql(
        `UPDATE ${this.#table("chunk")} SET state = 'planned', epoch = ?, row_count = NULL, byte_count = NULL,
           row_sum = NULL, duration_ms = NULL, finished_at = NULL WHERE ${where} AND state = 'done'`,
      ),
      [epoch, ...place],
    );
    if (changed !== 1) throw this.#replaced();
  }

  /** What is done of the table is as it is in this snapshot, too. */
  async keep(session: Session, table: string, snapshot: string): Promise<void> {
    const { runId, epoch, stepKey } = this.#options;
    await session.run(
      this.#sql(
        `UPDATE ${this.#table("chunk")} SET snapshot = ? WHERE run_id = ? AND step_key = ? AND table_name = ?
           AND state = 'done' AND EXISTS (SELECT 1 FROM ${this.#table("run")} WHERE id = ? AND epoch = ?)`,
      ),
      [snapshot, runId, stepKey, table, runId, epoch],
    );
  }

  /** Keeps rows of a chunk aside, inside the transaction that has its other rows: so never twice. */
  async setAside(
    session: Session,
    { table, ordinal }: Pick<ChunkRecord, "table" | "ordinal">,
    rows: readonly RefusedRow[],
  ): Promise<void> {
    const { runId, stepKey, clock } = this.#options;
    for (const [n, { key, column, reason, text }] of rows.entries()) {
      await session.run(
        this.#sql(
          `INSERT INTO ${this.#table("quarantine")} (run_id, step_key, table_name, ordinal, row_no, row_key, column_name,
             reason, row_text, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ),
        [runId, stepKey, table, ordinal, n + 1, JSON.stringify(key), column, reason, text, clock.now()],
      );
    }
  }

  /** How many rows of each table are set aside. */
  async asideOf(session: Session): Promise<ReadonlyMap<string, number>> {
    const rows = await session.query(
      this.#sql(
        `SELECT table_name, count(*) AS n FROM ${this.#table("quarantine")} WHERE run_id = ? GROUP BY table_name`,
      ),
      [this.#options.runId],
    );
    return new Map(rows.map((row) => [String(row.table_name), Number(row.n)]));
  }

  /** Locks the run's row until the transaction ends, so that no other process takes the run over meanwhile. */
  async #hold(session: Session): Promise<void> {
    const { runId, epoch, engine } = this.#options;
    const own = await session.query(
      this.#sql(
        `SELECT epoch FROM ${this.#table("run")} WHERE id = ? AND epoch = ? ${engine.store.shareLock}`.trim(),
      ),
      [runId, epoch],
    );
    if (own.length !== 1) throw this.#replaced();
  }

  #replaced(): GodwitError {
    const { runId, epoch } = this.#options;
    return new GodwitError("GW4003", {
      message: `run ${runId} is no longer at epoch ${epoch}: another process took it over`,
      details: { runId, epoch },
    });
  }

  #sql(sql: string): string {
    return withPlaceholders(this.#options.engine.traits, sql);
  }

  #table(name: "chunk" | "run" | "quarantine"): string {
    return this.#options.engine.store.table(name);
  }
}
