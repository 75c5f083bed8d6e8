import type { CopyRowsStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Range, Snapshot, SplitRequest } from "../../engines/data-roles.ts";
import type { Session } from "../../engines/engine.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import type { ChunkWork, Copied } from "./copy-chunk.ts";
import type { StepContext } from "./context.ts";
import { countRange } from "./count-range.ts";
import { cutFirstRows } from "./first-rows.ts";
import { tableTitle } from "./table-title.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";
import { targetFailure } from "./target-failure.ts";

export interface WorkQueueOptions {
  readonly context: StepContext;
  readonly source: SourceSide;
  readonly step: CopyRowsStep;
  readonly chunks: ChunkLedger;
  /** What the ledger has of each table, by its key. */
  readonly known: ReadonlyMap<string, readonly ChunkRecord[]>;
  readonly snapshot: Snapshot;
  /** Aborted when a worker failed, or the run is to stop. */
  readonly stop: AbortSignal;
}

/** What was copied of a table that is being worked on. */
interface Tally {
  /** What is left of it is all that there is to copy of the table. */
  readonly isWhole: boolean;
  left: number;
  rows: bigint;
  bytes: bigint;
  readonly start: number;
}

/** Hands out chunks, table after table; a table is cut when its turn comes, by the worker that asks. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #tables: CopyTable[];
  readonly #ready: ChunkWork[] = [];
  readonly #tallies = new Map<string, Tally>();
  readonly #names: ReadonlySet<string>;
  #turn: Promise<unknown> = Promise.resolve();
  #moved = Promise.withResolvers<void>();
  /** Chunks that are being copied. */
  #out = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#tables = [...options.step.tables];
    // Who waits for a table's parents waits no longer.
    options.stop.addEventListener("abort", () => this.#moved.resolve(), { once: true });
    this.#names = new Set(this.#tables.map(({ target }) => tableKey(target)));
  }

  /** The next chunk, or null when none is left. One at a time, so that nobody leaves while another one cuts a table. */
  next(reader: Session): Promise<ChunkWork | null> {
    const taken = this.#turn.then(() => this.#take(reader));
    this.#turn = taken.catch(() => {});
    return taken;
  }

  finished({ table }: ChunkWork, { rows, bytes }: Copied): void {
    this.#out -= 1;
    const tally = this.#tallies.get(tableKey(table.target));
    if (tally === undefined) return;
    tally.rows += rows;
    tally.bytes += bytes;
    tally.left -= 1;
    if (tally.left === 0 && tally.isWhole) this.#report(table, tally);
    this.#moved.resolve();
  }

  async #take(reader: Session): Promise<ChunkWork | null> {
    while (!this.#options.stop.aborted) {
      const work = this.#ready.shift();
      if (work !== undefined) {
        this.#out += 1;
        return work;
      }
      if (this.#tables.length === 0) return null;
      const due = this.#tables.findIndex((table) => this.#isDue(table));
      // Where nobody is at work, nothing could become due.
      const next = due === -1 && this.#out === 0 ? 0 : due;
      if (next !== -1) {
        const [table] = this.#tables.splice(next, 1) as [CopyTable];
        await this.#cut(table, reader);
        continue;
      }
      // Others are at work on the parents.
      await this.#moved.promise;
      this.#moved = Promise.withResolvers();
    }
    return null;
  }

  #isDue({ after = [] }: CopyTable): boolean {
    return after.every((name) => {
      const tally = this.#tallies.get(name);
      return tally === undefined ? !this.#names.has(name) : tally.left === 0;
    });
  }

  async #cut(table: CopyTable, reader: Session): Promise<void> {
    const { context, source, step, chunks, known, snapshot } = this.#options;
    const name = tableKey(table.target);
    let records = known.get(name) ?? [];
    if (records.length === 0) {
      const { key, estimate } = table;
      const request = {
        table: table.source,
        key,
        estimate,
        chunkBytes: context.guard.chunkBytes(step.chunkBytes),
      };
      const split = (of: SplitRequest) => source.chunk.split(reader, of);
      const first = this.#firstRows(table);
      const count = (range: Range) => countRange(source.read, reader, { table: table.source, key, range });
      const cut = first === null ? split(request) : cutFirstRows({ split, count }, request, first);
      const ranges = await cut.catch((error: unknown) => {
        throw sourceFailure(source, error);
      });
      await this.#write(() => chunks.plan(context.session, name, ranges, snapshot.token)).catch(
        (error: unknown) => {
          throw targetFailure(context.engine, table, error) ?? error;
        },
      );
      records = ranges.map((range, ordinal) => {
        return {
          table: name,
          ordinal,
          range,
          snapshot: snapshot.token,
          state: "planned",
          rows: 0n,
          bytes: 0n,
          rowSum: null,
        };
      });
    }
    const done = records.filter(({ state }) => state === "done");
    const left = records.filter(({ state }) => state !== "done");
    const open = this.#firstRows(table) === null ? left : left.filter(({ ordinal }) => ordinal === 0);
    const sum = (of: (record: ChunkRecord) => bigint) =>
      done.reduce((total, record) => total + of(record), 0n);
    const tally: Tally = {
      isWhole: open.length === left.length,
      left: open.length,
      rows: sum((record) => record.rows),
      bytes: sum((record) => record.bytes),
      start: performance.now(),
    };
    this.#tallies.set(name, tally);
    const { rows, bytes } = table.estimate;
    context.emit({
      type: "table:started",
      key: step.key,
      table: tableTitle(table),
      rows,
      bytes,
      chunks: records.length,
      done: done.length,
    });
    this.#ready.push(...open.map((chunk) => ({ table, chunk: { ...chunk, snapshot: snapshot.token } })));
    if (left.length === 0) this.#report(table, tally);
  }

  /** How many rows of the table may be copied at first; null where all of them may. */
  #firstRows(table: CopyTable): number | null {
    const { tables, phase } = this.#options.step;
    return phase !== undefined && table === tables[0] ? phase.firstRows : null;
  }

  /** On the working session: no worker uses it, but where there is only that one, and then nobody works meanwhile. */
  async #write(work: () => Promise<void>): Promise<void> {
    const { session } = this.#options.context;
    await session.begin();
    try {
      await work();
      await session.commit();
    } catch (error) {
      await session.rollback().catch(() => {});
      throw error;
    }
  }

  #report(table: CopyTable, tally: Tally): void {
    const { context, step } = this.#options;
    context.emit({
      type: "table:finished",
      key: step.key,
      table: tableTitle(table),
      rows: Number(tally.rows),
      bytes: Number(tally.bytes),
      durationMs: Math.round(performance.now() - tally.start),
    });
  }
}
